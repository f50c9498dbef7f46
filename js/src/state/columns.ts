/** Parameters, metrics and facts of assets or tasks as columns: sent once, and kept to sort, filter and count by. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import type { Column as ColumnSpec, Columns as ColumnsReply } from "./wire.gen";

export type Group = ColumnSpec["group"];

interface Named {
  readonly name: string;
  readonly group: Group;
}

/** NaN is no value; of booleans 1 is true. */
export interface NumberColumn extends Named {
  readonly type: "number" | "bool";
  readonly numbers: Float64Array;
}

/** Each cell is a place in `values`, or `NO_TEXT`. */
export interface TextColumn extends Named {
  readonly type: "text";
  readonly codes: Uint32Array;
  readonly values: readonly string[];
}

/** One cell for each row that is here. Another object whenever more rows came. */
export type Column = NumberColumn | TextColumn;

export const NO_TEXT = 0xffffffff;

/** What a cell holds; null is no value. */
export function cellOf(column: Column, row: number): string | number | boolean | null {
  if (column.type === "text") return column.values[column.codes[row] ?? NO_TEXT] ?? null;
  const number = column.numbers[row];
  if (number === undefined || Number.isNaN(number)) return null;
  return column.type === "bool" ? number === 1 : number;
}

/** Enough room for `length` cells, the old ones first; what is new holds `none`. */
function grown<T extends Float64Array | Uint32Array>(cells: T, length: number, none: number): T {
  if (cells.length >= length) return cells;
  const room = Math.max(length, 2 * cells.length, 256);
  const more = (cells instanceof Float64Array ? new Float64Array(room) : new Uint32Array(room)) as T;
  more.set(cells);
  more.fill(none, cells.length);
  return more;
}

/** A column that grows. It is one of numbers until it holds something else, and one of texts when it holds several types. */
class Growing {
  #type: ColumnSpec["type"] = "number";
  #empty = true;
  #numbers = new Float64Array(0);
  #codes = new Uint32Array(0);
  readonly #values: string[] = [];
  readonly #codeOf = new Map<string, number>();
  #seen: Column | null = null;

  constructor(
    readonly name: string,
    readonly group: Group,
  ) {}

  append({ type, values }: ColumnSpec, buffer: DataView, start: number, stop: number): void {
    if (type === "text") this.#appendTexts(values ?? [], buffer, start, stop);
    else this.#appendNumbers(type, buffer, start, stop);
    this.#seen = null;
  }

  /** The first `length` rows; those that came without this column have no value. */
  first(length: number): Column {
    const { name, group } = this;
    const held = this.#seen?.type === "text" ? this.#seen.codes.length : this.#seen?.numbers.length;
    if (this.#seen && held === length) return this.#seen;
    if (this.#type === "text") {
      this.#codes = grown(this.#codes, length, NO_TEXT);
      this.#seen = { name, group, type: "text", codes: this.#codes.subarray(0, length), values: this.#values };
    } else {
      this.#numbers = grown(this.#numbers, length, Number.NaN);
      this.#seen = { name, group, type: this.#type, numbers: this.#numbers.subarray(0, length) };
    }
    return this.#seen;
  }

  #appendNumbers(type: "number" | "bool", buffer: DataView, start: number, stop: number): void {
    const cells = Float64Array.from({ length: stop - start }, (_, i) => buffer.getFloat64(8 * i, true));
    // A part without any value says nothing of the type.
    const some = cells.some((cell) => !Number.isNaN(cell));
    if (this.#empty && some && this.#type !== "text") this.#type = type;
    else if (some && this.#type !== "text" && this.#type !== type) this.#becomeTexts();
    if (some) this.#empty = false;
    if (this.#type === "text") {
      this.#codes = grown(this.#codes, stop, NO_TEXT);
      cells.forEach((cell, i) => {
        this.#codes[start + i] = this.#textCode(cell, type);
      });
    } else {
      this.#numbers = grown(this.#numbers, stop, Number.NaN);
      this.#numbers.set(cells, start);
    }
  }

  #appendTexts(values: readonly string[], buffer: DataView, start: number, stop: number): void {
    if (this.#type !== "text") this.#becomeTexts();
    this.#empty = false;
    const codes = values.map((value) => this.#code(value));
    this.#codes = grown(this.#codes, stop, NO_TEXT);
    for (let i = 0; i < stop - start; i += 1) {
      this.#codes[start + i] = codes[buffer.getUint32(4 * i, true)] ?? NO_TEXT;
    }
  }

  #becomeTexts(): void {
    const type = this.#type === "bool" ? "bool" : "number";
    this.#codes = Uint32Array.from(this.#numbers, (cell) => this.#textCode(cell, type));
    this.#numbers = new Float64Array(0);
    this.#type = "text";
  }

  /** The code of a number's or a boolean's text; Python writes the same. */
  #textCode(cell: number, type: "number" | "bool"): number {
    if (Number.isNaN(cell)) return NO_TEXT;
    return this.#code(type === "bool" ? String(cell === 1) : String(cell));
  }

  #code(value: string): number {
    let code = this.#codeOf.get(value);
    if (code === undefined) {
      code = this.#values.length;
      this.#values.push(value);
      this.#codeOf.set(value, code);
    }
    return code;
  }
}

/** The columns as far as they are here; reading subscribes to arrivals. */
export interface ColumnsSoFar {
  /** How many rows are here. */
  readonly loaded: ReadonlySignal<number>;
  /** Whether every row was here at least once since the columns were needed. */
  readonly complete: ReadonlySignal<boolean>;
  /** Why rows could not be had, in words; null when they could. */
  readonly problem: ReadonlySignal<string | null>;
  /** Every column, parameters first; those that share a name with an earlier one too. */
  readonly all: Column[];
  /** The column that a query means by a name: a parameter, else a metric, else a fact. */
  column(name: string): Column | null;
  get(group: Group, name: string): Column | null;
  /** Fetch what is missing; call it again when there are more rows. */
  need(): void;
  /** Ask again for what could not be had. */
  retry(): void;
  close(): void;
}

interface ColumnStoreOptions {
  /** The rows from `start` on; a reply may hold fewer than were asked for. */
  fetch: (start: number, stop: number) => Promise<{ result: ColumnsReply; buffers: DataView[] }>;
  /** How many rows there are; grows. Without it, what the replies say. */
  total?: () => number;
}

const ROWS_PER_REQUEST = 2000;
/** Results that arrive one by one are asked for a few at a time. */
const REST_MS = 250;

/** The columns of one source. Nothing travels until somebody needs them; then every row comes once, in order, and what is added later too. */
export class ColumnStore implements ColumnsSoFar {
  readonly #options: ColumnStoreOptions;
  readonly #columns = new Map<string, Growing>();
  readonly #loaded = signal(0);
  readonly #problem = signal<string | null>(null);
  readonly #complete = signal(false);
  #said = ROWS_PER_REQUEST;
  #needed = false;
  #busy = false;
  #closed = false;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ColumnStoreOptions) {
    this.#options = options;
  }

  get loaded(): ReadonlySignal<number> {
    return this.#loaded;
  }

  get complete(): ReadonlySignal<boolean> {
    return this.#complete;
  }

  get problem(): ReadonlySignal<string | null> {
    return this.#problem;
  }

  need(): void {
    this.#needed = true;
    this.#ask();
  }

  column(name: string): Column | null {
    return this.get("parameter", name) ?? this.get("metric", name) ?? this.get("field", name);
  }

  get(group: Group, name: string): Column | null {
    const length = this.#loaded.value;
    return this.#columns.get(`${group} ${name}`)?.first(length) ?? null;
  }

  get all(): Column[] {
    const length = this.#loaded.value;
    const every = [...this.#columns.values()].map((column) => column.first(length));
    return (["parameter", "metric", "field"] as const).flatMap((group) => every.filter((one) => one.group === group));
  }

  retry(): void {
    this.#problem.value = null;
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#rest);
    this.#columns.clear();
  }

  #ask(): void {
    if (!this.#needed || this.#busy || this.#closed || this.#problem.peek()) return;
    const start = this.#loaded.peek();
    const total = this.#total();
    if (start >= total) {
      this.#complete.value = true;
      return;
    }
    this.#busy = true;
    this.#options
      .fetch(start, Math.min(total, start + ROWS_PER_REQUEST))
      .then(({ result, buffers }) => this.#arrive(start, result, buffers))
      .catch((error: unknown) => {
        this.#problem.value = error instanceof Error ? error.message : String(error);
        return false;
      })
      .then((more) => {
        if (this.#closed) return;
        const goOn = () => {
          this.#busy = false;
          this.#ask();
        };
        if (more) goOn();
        else this.#rest = setTimeout(goOn, REST_MS);
      });
  }

  #total(): number {
    return this.#options.total?.() ?? this.#said;
  }

  /** Whether there is more to ask for at once. */
  #arrive(start: number, { columns, stop, total }: ColumnsReply, buffers: DataView[]): boolean {
    if (this.#closed) return false;
    this.#said = total;
    if (stop <= start) {
      // The kernel has no more of them: ask again when somebody hears of more.
      this.#needed = false;
      this.#complete.value = true;
      return false;
    }
    columns.forEach((spec, i) => {
      const key = `${spec.group} ${spec.name}`;
      const column = this.#columns.get(key) ?? new Growing(spec.name, spec.group);
      this.#columns.set(key, column);
      const buffer = buffers[i];
      if (buffer) column.append(spec, buffer, start, stop);
    });
    this.#loaded.value = stop;
    const more = stop < this.#total();
    if (!more) this.#complete.value = true;
    return more;
  }
}

/** The columns of the assets of a source. */
export function assetColumns(link: KernelLink, source: string): ColumnStore {
  const gallery = link.trait("gallery");
  return new ColumnStore({
    fetch: (start, stop) => link.request("assets.columns", { source, start, stop }),
    // When another source is on show, its total is none of ours.
    total: () => (gallery.peek().source === source ? gallery.peek().total : 0),
  });
}
