/** The query of a gallery: what was just typed or pressed, until the kernel says it too. */

import type { ReadonlySignal } from "@preact/signals";
import type { KernelLink } from "./link";
import { OwnWord } from "./ownWord";
import type { Condition, Query } from "./query";
import { SHOW_ALL } from "./query";

/** The kernel hears of a query when its typing rests. */
const REST_MS = 150;

/** JSON in one order of keys, to compare by. */
function key({ where, ...rest }: Query): string {
  const fields = Object.keys(where)
    .sort()
    .map((name) => {
      const condition = where[name];
      return [
        name,
        condition && ("values" in condition ? condition.values : { low: condition.low, high: condition.high }),
      ];
    });
  return JSON.stringify([fields, rest.text, rest.mark, rest.sort, rest.descending]);
}

export class ActiveQuery {
  readonly #link: KernelLink;
  readonly #source: string;
  readonly #refused: (why: unknown) => void;
  readonly #word: OwnWord<Query>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly value: ReadonlySignal<Query>;

  /** `refused` hears why the kernel said no. */
  constructor(link: KernelLink, source: string, refused: (why: unknown) => void) {
    this.#link = link;
    this.#source = source;
    this.#refused = refused;
    this.#word = new OwnWord(link.trait("query"), (one, other) => key(one) === key(other));
    this.value = this.#word.value;
    document.addEventListener("focusout", this.#tellNow, true);
  }

  change(part: Partial<Query>): void {
    const next = { ...this.value.peek(), ...part };
    if (key(next) === key(this.value.peek())) return;
    this.#word.show(next);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tellNow, REST_MS);
  }

  /** Set the condition on a field, or take it away. */
  restrict(field: string, condition: Condition | null): void {
    const { [field]: _, ...others } = this.value.peek().where;
    this.change({ where: condition ? { ...this.value.peek().where, [field]: condition } : others });
  }

  /** Show everything, in the order that was chosen. */
  showAll(): void {
    this.change({ text: SHOW_ALL.text, mark: SHOW_ALL.mark, where: SHOW_ALL.where });
  }

  close(): void {
    document.removeEventListener("focusout", this.#tellNow, true);
    clearTimeout(this.#timer);
    this.#word.close();
  }

  /** Tell what waits. Who goes on to a cell leaves a control, so the kernel hears of the query before it runs the cell. */
  #tellNow = (): void => {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const query = this.value.peek();
    this.#word.tell(() => this.#link.request("query.set", { source: this.#source, query })).catch(this.#refused);
  };
}
