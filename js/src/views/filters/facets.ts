/** What there is to filter by: the values of each field, and how many results have them under all other conditions. */

import { type Column, cellOf, NO_TEXT } from "../../state/columns";
import { columnOf, type Test, testOf, wordTests } from "../../state/matching";
import { isRange, MARK_CODES, type Query, type Rows } from "../../state/query";

export type Value = string | number | boolean | null;

interface Named {
  name: string;
  group: Column["group"];
}

export interface ValueFacet extends Named {
  kind: "values";
  /** Texts by how many have them, numbers by size; having none comes last. */
  values: { value: Value; count: number }[];
}

export interface RangeFacet extends Named {
  kind: "range";
  min: number;
  max: number;
  /** Whether all numbers are whole. */
  whole: boolean;
  /** How many results are in each of equal parts of the range, and how many of them meet all other conditions. */
  bins: { count: number; total: number }[];
}

export type Facet = ValueFacet | RangeFacet;

/** More different numbers than this are a range. */
const MOST_NUMBERS = 12;
const BINS = 24;
/** Names are searched for, and times are sorted by. */
const LEFT_OUT = new Set(["name", "created"]);

/** For each row: how many conditions it does not meet, two at most, and the one that it missed last. */
interface Misses {
  count: Uint8Array;
  last: Uint16Array;
}

const OTHERS = 0xffff;

function missesOf(query: Query, rows: Rows, fields: readonly string[]): Misses {
  const count = new Uint8Array(rows.total);
  const last = new Uint16Array(rows.total);
  const hold = (test: Test, which: number) => {
    for (let row = 0; row < rows.total; row += 1) {
      if (test(row)) continue;
      count[row] = Math.min(2, (count[row] as number) + 1);
      last[row] = which;
    }
  };
  fields.forEach((name, index) => {
    const condition = query.where[name];
    if (condition) hold(testOf(condition, columnOf(rows, name)), index);
  });
  for (const test of wordTests(query.text, rows)) hold(test, OTHERS);
  const trashed = rows.trashed?.();
  if (trashed?.size) hold((row) => !trashed.has(row), OTHERS);
  if (query.mark !== null) {
    const codes = rows.marks();
    const code = MARK_CODES[query.mark];
    hold((row) => codes[row] === code, OTHERS);
  }
  return { count, last };
}

function hasFewNumbers(numbers: Float64Array): boolean {
  const found = new Set<number>();
  for (const number of numbers) {
    if (!Number.isNaN(number)) found.add(number);
    if (found.size > MOST_NUMBERS) return false;
  }
  return true;
}

function valueFacet(column: Column, counts: Test): ValueFacet {
  const { name, group } = column;
  const cells = column.type === "text" ? column.codes : column.numbers;
  // Texts by their code: looking each one up would cost more than counting them.
  const totals = new Map<number, number>();
  const met = new Map<number, number>();
  cells.forEach((cell, row) => {
    totals.set(cell, (totals.get(cell) ?? 0) + 1);
    if (counts(row)) met.set(cell, (met.get(cell) ?? 0) + 1);
  });
  const read = (cell: number): Value => {
    if (column.type === "text") return cell === NO_TEXT ? null : (column.values[cell] ?? null);
    if (Number.isNaN(cell)) return null;
    return column.type === "bool" ? cell === 1 : cell;
  };
  const found = [...totals].map(([cell, total]) => ({ value: read(cell), count: met.get(cell) ?? 0, total }));
  found.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    if (typeof a.value === "number" && typeof b.value === "number") return a.value - b.value;
    return b.total - a.total || (String(a.value) < String(b.value) ? -1 : 1);
  });
  return { kind: "values", name, group, values: found.map(({ value, count }) => ({ value, count })) };
}

function rangeFacet({ name, group, numbers }: Column & { numbers: Float64Array }, counts: Test): RangeFacet | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue;
    min = Math.min(min, number);
    max = Math.max(max, number);
    whole &&= Number.isInteger(number);
  }
  if (min > max) return null;
  const bins = Array.from({ length: BINS }, () => ({ count: 0, total: 0 }));
  numbers.forEach((number, row) => {
    const bin = bins[Math.min(BINS - 1, Math.floor((BINS * (number - min)) / (max - min || 1)))];
    if (!bin) return;
    bin.total += 1;
    if (counts(row)) bin.count += 1;
  });
  return { kind: "range", name, group, min, max, whole, bins };
}

/** Every facet worth showing: of fields whose values differ, and of those that restrict what is shown. */
export function facetsOf(query: Query, rows: Rows): Facet[] {
  const fields = Object.keys(query.where);
  const misses = missesOf(query, rows, fields);
  const kind = rows.column("kind") ? null : columnOf(rows, "kind");
  const facets: Facet[] = [];
  for (const column of [...rows.all, ...(kind ? [kind] : [])]) {
    const { name } = column;
    const condition = query.where[name];
    // Of several things of one name a query means the first.
    if (LEFT_OUT.has(name) || (rows.column(name) ?? kind) !== column) continue;
    const own = fields.indexOf(name);
    const counts: Test = (row) => !misses.count[row] || (misses.count[row] === 1 && misses.last[row] === own);
    const asRange = column.type === "number" && (condition ? isRange(condition) : !hasFewNumbers(column.numbers));
    if (asRange) {
      const facet = rangeFacet(column, counts);
      if (facet) facets.push(facet);
    } else if (condition || differs(column)) facets.push(valueFacet(column, counts));
  }
  return facets;
}

function differs(column: Column): boolean {
  const cells = column.type === "text" ? column.codes : column.numbers;
  const first = cellOf(column, 0);
  return cells.some((_, row) => cellOf(column, row) !== first);
}
