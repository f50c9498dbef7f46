/** Which assets are selected: what was just pressed, until the kernel says it too. */

import { computed, type ReadonlySignal } from "@preact/signals";
import type { KernelLink } from "./link";
import { OwnWord } from "./ownWord";
import type { SelectionChange } from "./wire.gen";

type Positions = ReadonlySet<number>;

function isSame(one: Positions, other: Positions): boolean {
  return one.size === other.size && [...one].every((position) => other.has(position));
}

function fromBytes(bytes: DataView): Positions {
  const found = new Set<number>();
  for (let position = 0; position < bytes.byteLength; position += 1) {
    if (bytes.getUint8(position)) found.add(position);
  }
  return found;
}

/** A stretch of what is shown that grows and shrinks at one end. */
interface Stretch {
  anchor: number;
  /** What was selected before it. */
  before: Positions;
}

export class Selection {
  readonly #link: KernelLink;
  readonly #source: string;
  readonly #refused: (why: unknown) => void;
  readonly #word: OwnWord<Positions>;
  #stretch: Stretch | null = null;
  /** The positions that are selected. */
  readonly positions: ReadonlySignal<Positions>;

  /** `refused` hears why the kernel said no. */
  constructor(link: KernelLink, source: string, refused: (why: unknown) => void) {
    this.#link = link;
    this.#source = source;
    this.#refused = refused;
    const trait = link.trait("asset_selected");
    this.#word = new OwnWord(
      computed(() => fromBytes(trait.value)),
      isSame,
    );
    this.positions = this.#word.value;
  }

  get count(): number {
    return this.positions.value.size;
  }

  has(position: number): boolean {
    return this.positions.value.has(position);
  }

  /** The selected positions in the order of arrival. */
  get sorted(): number[] {
    return [...this.positions.value].sort((a, b) => a - b);
  }

  set(positions: Iterable<number>): void {
    this.#stretch = null;
    this.#become(new Set(positions));
  }

  clear(): void {
    if (this.positions.peek().size) this.set([]);
  }

  toggle(position: number): void {
    const next = new Set(this.positions.peek());
    if (!next.delete(position)) next.add(position);
    this.#become(next);
    this.#stretch = { anchor: position, before: new Set(next) };
  }

  /** Select from where the last stretch began, else from `from`, to `to`, in the order of `shown`. */
  extend(shown: readonly number[], from: number, to: number): void {
    const held = this.#stretch && shown.includes(this.#stretch.anchor) ? this.#stretch : null;
    const stretch = held ?? { anchor: from, before: new Set(this.positions.peek()) };
    const ends = [shown.indexOf(stretch.anchor), shown.indexOf(to)];
    this.#become(new Set([...stretch.before, ...shown.slice(Math.min(...ends), Math.max(...ends) + 1)]));
    this.#stretch = stretch;
  }

  close(): void {
    this.#word.close();
  }

  #become(next: Positions): void {
    const before = this.positions.peek();
    const added = [...next].filter((position) => !before.has(position));
    const removed = [...before].filter((position) => !next.has(position));
    if (!added.length && !removed.length) return;
    this.#word.show(next);
    if (!removed.length) this.#tell(added, "add");
    else if (!added.length && next.size) this.#tell(removed, "remove");
    else this.#tell([...next], "set");
  }

  #tell(positions: number[], how: SelectionChange["how"]): void {
    const change = { source: this.#source, positions, how };
    this.#word.tell(() => this.#link.request("assets.select", change)).catch(this.#refused);
  }
}
