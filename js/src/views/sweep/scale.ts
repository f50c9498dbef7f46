/**
 * The slots of an axis: the values of one parameter, or round parts of its range.
 *
 * A contact sheet has the same: see batchgen_widgets/batches/table.py.
 */

import { formatValue } from "../../state/format";

export type Value = string | number | boolean | null;

/** One row, column or page. */
export interface Slot {
  label: string;
  /** Tells it from the others, also in a table of later. */
  key: string;
}

export interface Scale {
  name: string;
  slots: readonly Slot[];
  /** The slot of each item. */
  places: Uint32Array;
}

/** How many parts a range has at most as an axis. */
export const MAX_PARTS = 12;
const FEW_PARTS = 4;
/** Labels above this many letters read better at the left than on top. */
const LONG_LABEL = 18;
const SEED = "seed";

export interface Axes {
  x: string | null;
  y: string | null;
  page: string | null;
}

const isNumber = (value: Value | undefined): value is number => typeof value === "number" && Number.isFinite(value);

function countValues(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function textOf(value: Value): string {
  return typeof value === "string" ? value.replace(/\s+/g, " ").trim() : formatValue(value);
}

/** Numbers that each occur several times, and all as often, were listed by somebody: drawn ones don't come out even. */
function isListed(counts: ReadonlyMap<Value, number>): boolean {
  const [each, ...others] = new Set(counts.values());
  return others.length === 0 && each !== undefined && each > 1;
}

/** The first whole number of widths at or below a value, whatever floats make of it. */
function steps(value: number, width: number, round: (value: number) => number): number {
  const exact = value / width;
  const near = Math.round(exact);
  return Math.abs(exact - near) < 1e-9 * Math.max(1, Math.abs(exact)) ? near : round(exact);
}

/**
 * Cuts a range at round numbers: at most `parts` parts, all of one width, 1, 2 or 5 times a power of ten.
 *
 * The last edge of whole numbers is above `high`, since there each part ends before the next one begins.
 */
export function roundEdges(low: number, high: number, parts: number, whole: boolean): number[] {
  const last = whole ? high + 1 : high;
  const exponent = Math.floor(Math.log10((last - low) / parts));
  for (let power = exponent; ; power += 1) {
    for (const figure of [1, 2, 5]) {
      const width = power < 0 ? figure / 10 ** -power : figure * 10 ** power;
      const start = steps(low, width, Math.floor);
      const end = steps(last, width, Math.ceil);
      if (end - start > parts || (whole && width < 1)) continue;
      // A quotient of whole numbers is the float nearest to the decimal fraction; a product with 0.1 is not.
      const edge = (count: number) => (power < 0 ? (count * figure) / 10 ** -power : count * width);
      return Array.from({ length: end - start + 1 }, (_, i) => edge(start + i));
    }
  }
}

function cut(name: string, values: readonly Value[], counts: ReadonlyMap<Value, number>, parts: number): Scale {
  const numbers = [...counts.keys()].filter(isNumber);
  const whole = numbers.every(Number.isInteger);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  const edges = roundEdges(low, high, parts, whole);
  const count = edges.length - 1;
  const slots: Slot[] = edges.slice(0, -1).map((from, i) => {
    const to = (edges[i + 1] ?? from) - (whole ? 1 : 0);
    return { label: from === to ? textOf(from) : `${textOf(from)} to ${textOf(to)}`, key: `from ${from}` };
  });
  for (const value of counts.keys()) if (!isNumber(value)) slots.push({ label: textOf(value), key: keyOf(value) });
  const place = (value: number) => {
    let found = 0;
    while (found < count - 1 && value >= (edges[found + 1] ?? 0)) found += 1;
    return found;
  };
  return { name, slots, places: Uint32Array.from(values, (value) => (isNumber(value) ? place(value) : count)) };
}

function keyOf(value: Value): string {
  return `${typeof value} ${value}`;
}

/** Sorts the values of one parameter into slots: numbers in order, others as they came. */
export function makeScale(name: string, values: readonly Value[], parts = MAX_PARTS): Scale {
  const counts = countValues(values);
  const found = [...counts.keys()];
  const numbers = found.filter(isNumber);
  // Seeds are never cut: neighbours have nothing in common.
  const cuts = name !== SEED && numbers.length > parts && found.length - numbers.length <= 1 && !isListed(counts);
  if (cuts) return cut(name, values, counts, parts);
  if (found.every((value) => isNumber(value) || value === null)) {
    found.sort((a, b) => Number(a === null) - Number(b === null) || Number(a) - Number(b));
  }
  let labels = found.map(textOf);
  // Numbers that differ only in what is not shown.
  if (new Set(labels).size < labels.length) labels = found.map(String);
  const place = new Map(found.map((value, i) => [value, i]));
  return {
    name,
    slots: found.map((value, i) => ({ label: labels[i] ?? "", key: keyOf(value) })),
    places: Uint32Array.from(values, (value) => place.get(value) ?? 0),
  };
}

/** Into how many parts ranges are cut: with two axes of many values each, most cells would be empty. */
export function partsFor({ x, y }: Axes, items: number): number {
  return x && y ? Math.min(MAX_PARTS, Math.max(FEW_PARTS, Math.ceil(Math.sqrt(items)))) : MAX_PARTS;
}

/** The two parameters with the most values. Seeds come last, and only where several items share each of them. */
export function chooseAxes(columns: ReadonlyMap<string, readonly Value[]>): Axes {
  const amounts = new Map([...columns].map(([name, values]) => [name, countValues(values).size]));
  const free = [...columns.keys()].filter((name) => {
    const amount = amounts.get(name) ?? 0;
    return amount > 1 && !(name === SEED && amount === columns.get(name)?.length);
  });
  const rank = (name: string) => (name === SEED ? -1 : Math.min(amounts.get(name) ?? 0, MAX_PARTS));
  free.sort((a, b) => rank(b) - rank(a));
  const [x = null, y = null] = free;
  const isLong = (name: string) => columns.get(name)?.some((value) => textOf(value).length > LONG_LABEL);
  return x && y && isLong(x) && !isLong(y) ? { x: y, y: x, page: null } : { x, y, page: null };
}
