/**
 * What a query finds.
 *
 * `batchgen_widgets/batches/query.py` says down to the last detail what a query means; tests/unit/batches/query_cases.json holds both to it.
 */

import { type Column, NO_TEXT, type TextColumn } from "./columns";
import { type Condition, isRange, type Query, type Rows, withMark } from "./query";
import { ASSET_KINDS } from "./wire.gen";

const GAPS = /[\t\n\v\f\r ]+/;
// Only tests, never matches across: the usual prompt has nothing else.
const ASCII = /^[\0-\x7f]*$/;

/** A text as it is compared: without regard to upper and lower case, width, ligatures and final forms. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const changed = text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase();
  return changed.normalize("NFKC").replaceAll("ς", "σ");
}

function textColumn(name: string, codes: Uint32Array, values: readonly string[]): TextColumn {
  return { name, group: "field", type: "text", codes, values };
}

const MARK_VALUES = ["favorite", "discarded"];

/** The column that a query means by a name; kinds and marks too. */
export function columnOf(rows: Rows, name: string): Column | null {
  const found = rows.column(name);
  if (found) return found;
  if (name === "kind") return textColumn(name, Uint32Array.from(rows.kinds()), ASSET_KINDS);
  if (name !== "mark") return null;
  return textColumn(
    name,
    Uint32Array.from(rows.marks(), (code) => (code === 1 || code === 2 ? code - 1 : NO_TEXT)),
    MARK_VALUES,
  );
}

/** Whether a row is shown. */
export type Test = (row: number) => boolean;

const NEVER: Test = () => false;

/** The test that a condition is. */
export function testOf(condition: Condition, column: Column | null): Test {
  if (isRange(condition)) {
    if (column?.type !== "number") return NEVER;
    const { numbers } = column;
    const low = condition.low ?? Number.NEGATIVE_INFINITY;
    const high = condition.high ?? Number.POSITIVE_INFINITY;
    return (row) => {
      const number = numbers[row] as number;
      return low <= number && number <= high;
    };
  }
  const { values } = condition;
  const none = values.includes(null);
  if (!column) return none ? () => true : NEVER;
  if (column.type === "text") {
    const wanted = new Set(values.filter((value) => value !== null).map(String));
    // One more at the end, for no value.
    const allowed = new Uint8Array(column.values.length + 1);
    column.values.forEach((value, code) => {
      if (wanted.has(value)) allowed[code] = 1;
    });
    if (none) allowed[column.values.length] = 1;
    const { codes } = column;
    return (row) => allowed[Math.min(codes[row] ?? NO_TEXT, column.values.length)] === 1;
  }
  const type = column.type === "bool" ? "boolean" : "number";
  const wanted = new Set(values.filter((value) => typeof value === type).map(Number));
  const { numbers } = column;
  return (row) => {
    const number = numbers[row] as number;
    return Number.isNaN(number) ? none : wanted.has(number);
  };
}

/** Folded values of a column, by the list that they are in, which only grows. */
const folds = new WeakMap<readonly string[], string[]>();

function foldsOf(values: readonly string[]): readonly string[] {
  let folded = folds.get(values);
  if (!folded) {
    folded = [];
    folds.set(values, folded);
  }
  for (let code = folded.length; code < values.length; code += 1) folded.push(fold(values[code] as string));
  return folded;
}

/** The tests that the words of a search are: each word in any text. */
export function wordTests(text: string, rows: Rows): Test[] {
  const words = fold(text).split(GAPS).filter(Boolean);
  if (!words.length) return [];
  const texts = rows.all.filter(
    (column): column is TextColumn => column.type === "text" && (column.group !== "field" || column.name === "name"),
  );
  return words.map((word) => {
    const found = texts.map(({ codes, values }) => ({
      codes,
      has: Uint8Array.from(foldsOf(values), (value) => (value.includes(word) ? 1 : 0)),
    }));
    return (row) => found.some(({ codes, has }) => has[codes[row] ?? NO_TEXT] === 1);
  });
}

interface TextOrder {
  sorted: number[];
  ranks: Uint32Array;
}

/** The order of a column's values, by the list that they are in. */
const orders = new WeakMap<readonly string[], TextOrder>();

/** The rank of each value: by its fold, then letter by letter, both by UTF-16 code units. */
function ranksOf(values: readonly string[]): Uint32Array {
  const known = orders.get(values);
  if (known && known.sorted.length === values.length) return known.ranks;
  const folded = foldsOf(values);
  // New values come after those that are in order already, which the sort makes use of.
  const sorted = known?.sorted ?? [];
  for (let code = sorted.length; code < values.length; code += 1) sorted.push(code);
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  sorted.sort(
    (a, b) => compare(folded[a] as string, folded[b] as string) || compare(values[a] as string, values[b] as string),
  );
  const ranks = new Uint32Array(values.length);
  sorted.forEach((code, rank) => {
    ranks[code] = rank;
  });
  orders.set(values, { sorted, ranks });
  return ranks;
}

/** What rows are sorted by; NaN is no value. */
function sortKeys(column: Column): Float64Array {
  if (column.type !== "text") return column.numbers;
  const ranks = ranksOf(column.values);
  return Float64Array.from(column.codes, (code) => ranks[code] ?? Number.NaN);
}

function ordered(found: number[], column: Column | null, descending: boolean): number[] {
  if (!column) return found;
  const keys = sortKeys(column);
  const hasValue = (row: number) => !Number.isNaN(keys[row] ?? Number.NaN);
  const sign = descending ? -1 : 1;
  const some = found.filter(hasValue).sort((a, b) => {
    const one = keys[a] as number;
    const other = keys[b] as number;
    return one === other ? a - b : one < other ? -sign : sign;
  });
  return some.length === found.length ? some : [...some, ...found.filter((row) => !hasValue(row))];
}

/** Positions that a query shows, in its order, whatever their marks. */
export function matchingPositions({ text, where, sort, descending }: Query, rows: Rows): number[] {
  const tests = [
    ...Object.entries(where).map(([name, condition]) => testOf(condition, columnOf(rows, name))),
    ...wordTests(text, rows),
  ];
  const found: number[] = [];
  for (let row = 0; row < rows.total; row += 1) {
    if (tests.every((test) => test(row))) found.push(row);
  }
  return sort === null ? found : ordered(found, columnOf(rows, sort), descending);
}

/** Positions that a query shows, in its order. */
export function shownPositions(query: Query, rows: Rows): readonly number[] {
  const matching = matchingPositions(query, rows);
  return query.mark === null ? matching : withMark(matching, query.mark, rows.marks());
}
