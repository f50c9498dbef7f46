/** What a gallery shows and in which order; matching.ts finds it. */

import type { Column } from "./columns";
import type { QuerySettings } from "./wire.gen";

export type Query = QuerySettings;
export type Condition = Query["where"][string];
export type MarkFilter = NonNullable<Query["mark"]>;

export const SHOW_ALL: Query = { text: "", mark: null, where: {}, sort: null, descending: false };

/** The code of each mark filter in `asset_marks`. */
export const MARK_CODES: Readonly<Record<MarkFilter, number>> = { unmarked: 0, favorite: 1, discarded: 2 };

/** What a query looks at: every column but the kinds and marks, and a byte per asset for those. */
export interface Rows {
  readonly total: number;
  column(name: string): Column | null;
  readonly all: readonly Column[];
  /** Read only where a query asks for them. */
  kinds(): Uint8Array;
  marks(): Uint8Array;
  /** Those that count for nothing. */
  trashed?(): ReadonlySet<number>;
}

/** Whether a query looks at more than marks. */
export function needsColumns({ text, where, sort }: Query): boolean {
  return text.trim() !== "" || sort !== null || Object.keys(where).length > 0;
}

/** How many conditions restrict what is shown, but for the marks. */
export function conditionCount({ where }: Query): number {
  return Object.keys(where).length;
}

export function isRange(condition: Condition): condition is { low: number | null; high: number | null } {
  return !("values" in condition);
}

/** Those positions that have a mark, or none. */
export function withMark(positions: readonly number[], mark: MarkFilter | null, marks: Uint8Array): readonly number[] {
  if (mark === null) return positions;
  const code = MARK_CODES[mark];
  return positions.filter((position) => (marks[position] ?? 0) === code);
}
