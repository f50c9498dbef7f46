import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { SHOW_ALL } from "./query";
import type { QuerySettings, Requests } from "./wire.gen";

const DONE = { result: {}, buffers: [] };

/** The selection and the query of a gallery that has no kernel to keep them. */
export class PageShelf {
  readonly query: Signal<QuerySettings> = signal(SHOW_ALL);
  /** One byte per asset, as the kernel has it. */
  readonly selected: ReadonlySignal<DataView>;
  readonly #positions = signal<ReadonlySet<number>>(new Set());

  constructor(total: ReadonlySignal<number>) {
    this.selected = computed(() => {
      const flags = new Uint8Array(total.value);
      for (const position of this.#positions.value) flags[position] = 1;
      return new DataView(flags.buffer);
    });
  }

  /** Take a selection, as the request `assets.select` asks for it. */
  select({ positions, how }: Requests["assets.select"]["params"]): typeof DONE {
    const before = this.#positions.peek();
    if (how === "set") this.#positions.value = new Set(positions);
    else if (how === "add") this.#positions.value = new Set([...before, ...positions]);
    else this.#positions.value = new Set([...before].filter((position) => !positions.includes(position)));
    return DONE;
  }

  /** Take a query, as the request `query.set` asks for it. */
  show({ query }: Requests["query.set"]["params"]): typeof DONE {
    this.query.value = query;
    return DONE;
  }
}
