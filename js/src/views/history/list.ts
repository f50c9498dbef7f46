/** The batches of a project that meet a filter: only those on screen are asked for. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "../../state/link";
import { WindowCache } from "../../state/windowCache";
import type { HistoryPage, HistoryQuery, HistoryRow } from "../../state/wire.gen";

export type HistoryFilter = Omit<HistoryQuery, "start" | "stop">;

export const NO_FILTER: HistoryFilter = { text: "", generator: null, status: null, favorites: false };

const ROWS_HELD = 1000;
const PER_REQUEST = 60;

export class BatchList {
  readonly #page = signal<HistoryPage | null>(null);
  readonly #rows: WindowCache<HistoryRow>;

  constructor(
    link: KernelLink,
    readonly filter: HistoryFilter,
  ) {
    this.#rows = new WindowCache({
      capacity: ROWS_HELD,
      chunk: PER_REQUEST,
      fetch: async (keys) => {
        const start = Math.min(...keys);
        const stop = Math.min(Math.max(...keys) + 1, start + PER_REQUEST);
        const { result } = await link.request("history.get", { ...filter, start, stop });
        this.#page.value = result;
        return new Map(result.rows.map((row, i) => [result.start + i, row]));
      },
    });
    this.want(0, PER_REQUEST);
  }

  /** What the last answer said of all of them; null before the first. */
  get page(): ReadonlySignal<HistoryPage | null> {
    return this.#page;
  }

  get problem(): ReadonlySignal<string | null> {
    return this.#rows.problem;
  }

  /** Undefined while it is on its way. */
  get(index: number): HistoryRow | null | undefined {
    return this.#rows.get(index);
  }

  /** The rows `first` to `last - 1` are on screen. */
  want(first: number, last: number): void {
    this.#rows.want(Array.from({ length: last - first }, (_, i) => first + i));
  }

  /** Ask again for the row at `index`, as long as it is on screen; what is held stays until then. */
  renew(index: number): void {
    this.#rows.renew([index]);
  }

  retry(): void {
    this.#rows.retry();
  }

  close(): void {
    this.#rows.close();
  }
}
