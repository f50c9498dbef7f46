/** Columns as the kernel writes them: the twin of batchgen_widgets/widgets/columns.py. */

import type { Column, Columns } from "../src/state/wire.gen";

export type Cell = string | number | boolean | null | undefined;

/** What columns are made of. */
export interface Row {
  params: Record<string, Cell>;
  metrics: Record<string, Cell>;
  /** The facts that are no traits: task, created, width... */
  facts: Record<string, Cell>;
}

const MOST = 2000;

function makeColumn(name: string, group: Column["group"], given: Cell[]): [Column, DataView] {
  const cells = given.map((cell) => (cell === undefined || Number.isNaN(cell) ? null : cell));
  const types = new Set(cells.filter((cell) => cell !== null).map((cell) => typeof cell));
  const only = types.size === 1 ? [...types][0] : types.size === 0 ? "number" : "string";
  if (only === "string") {
    const values = [...new Set(cells.filter((cell) => cell !== null).map(String))];
    const codes = new Map(values.map((value, code) => [value, code]));
    const buffer = new DataView(new ArrayBuffer(4 * cells.length));
    cells.forEach((cell, i) => {
      buffer.setUint32(4 * i, cell === null ? 0xffffffff : (codes.get(String(cell)) ?? 0), true);
    });
    return [{ name, group, type: "text", values }, buffer];
  }
  const buffer = new DataView(new ArrayBuffer(8 * cells.length));
  cells.forEach((cell, i) => {
    buffer.setFloat64(8 * i, cell === null ? Number.NaN : Number(cell), true);
  });
  return [{ name, group, type: only === "boolean" ? "bool" : "number", values: null }, buffer];
}

/** The answer to a request for the rows `start` to `stop - 1`. */
export function writeColumns(
  rows: readonly Row[],
  start: number,
  stop: number,
): { result: Columns; buffers: DataView[] } {
  const end = Math.max(start, Math.min(stop, start + MOST, rows.length));
  const asked = rows.slice(start, end);
  const made = (
    [
      ["params", "parameter"],
      ["metrics", "metric"],
      ["facts", "field"],
    ] as const
  ).flatMap(([key, group]) =>
    [...new Set(asked.flatMap((row) => Object.keys(row[key])))].map((name) =>
      makeColumn(
        name,
        group,
        asked.map((row) => row[key][name]),
      ),
    ),
  );
  return {
    result: { columns: made.map(([column]) => column), start, stop: end, total: rows.length },
    buffers: made.map(([, buffer]) => buffer),
  };
}
