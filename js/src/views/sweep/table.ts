/** Which tasks and results are in which cell, and what they add up to. */

import type { TASK_STATUSES } from "../../state/wire.gen";
import { type Axes, makeScale, partsFor, type Scale, type Slot, type Value } from "./scale";

export type TaskStatus = (typeof TASK_STATUSES)[number];

/** What a table is made of: tasks, or the results themselves where there are no tasks. */
export interface Rows {
  count: number;
  /** The values of each parameter that varies. */
  columns: ReadonlyMap<string, readonly Value[]>;
  /** The row that made a result; undefined while it is not known. */
  rowOf(position: number): number | undefined;
}

/** Where everything has its place, before anything is in it. */
export interface Frame {
  axes: Axes;
  x: Scale | null;
  y: Scale | null;
  page: Scale | null;
  width: number;
  height: number;
  pages: number;
  /** The number of each row's cell. */
  cells: Uint32Array;
}

export interface Cell {
  /** The rows that belong here. */
  rows: number[];
  /** The results on show, in the order of the gallery. */
  shown: number[];
  /** How many results the gallery's filters hide. */
  hidden: number;
}

const ALL: readonly Slot[] = [{ label: "All", key: "all" }];

export const slotsOf = (scale: Scale | null): readonly Slot[] => scale?.slots ?? ALL;

/** The number of a cell. */
export function cellAt(frame: Frame, page: number, row: number, column: number): number {
  return (page * frame.height + row) * frame.width + column;
}

export function makeFrame({ count, columns }: Rows, axes: Axes): Frame {
  const parts = partsFor(axes, count);
  const scale = (name: string | null) => {
    const values = name === null ? undefined : columns.get(name);
    return name !== null && values ? makeScale(name, values, parts) : null;
  };
  const [x, y, page] = [scale(axes.x), scale(axes.y), scale(axes.page)];
  const frame = {
    axes,
    x,
    y,
    page,
    width: slotsOf(x).length,
    height: slotsOf(y).length,
    pages: slotsOf(page).length,
  };
  const cells = Uint32Array.from({ length: count }, (_, row) => {
    const place = (one: Scale | null) => one?.places[row] ?? 0;
    return (place(page) * frame.height + place(y)) * frame.width + place(x);
  });
  return { ...frame, cells };
}

/** Every cell that something belongs to, by its number. */
export function fillCells(
  frame: Frame,
  rows: Rows,
  total: number,
  shown: readonly number[],
): ReadonlyMap<number, Cell> {
  const cells = new Map<number, Cell>();
  frame.cells.forEach((number, row) => {
    const cell = cells.get(number);
    if (cell) cell.rows.push(row);
    else cells.set(number, { rows: [row], shown: [], hidden: 0 });
  });
  const cellOf = (position: number) => {
    const row = rows.rowOf(position);
    return row === undefined ? undefined : cells.get(frame.cells[row] ?? -1);
  };
  for (const position of shown) cellOf(position)?.shown.push(position);
  if (shown.length < total) {
    const visible = new Set(shown);
    for (let position = 0; position < total; position += 1) {
      const cell = visible.has(position) ? undefined : cellOf(position);
      if (cell) cell.hidden += 1;
    }
  }
  return cells;
}

/** What some results add up to. */
export interface Sum {
  results: number;
  favorites: number;
  /** Of the metric, over the results that have it; null where none has. */
  mean: number | null;
}

class Adding {
  results = 0;
  favorites = 0;
  #sum = 0;
  #measured = 0;

  add(favorite: boolean, metric: number | undefined): void {
    this.results += 1;
    if (favorite) this.favorites += 1;
    if (metric === undefined || !Number.isFinite(metric)) return;
    this.#sum += metric;
    this.#measured += 1;
  }

  get mean(): number | null {
    return this.#measured ? this.#sum / this.#measured : null;
  }
}

export interface Sums {
  columns: readonly Sum[];
  rows: readonly Sum[];
  all: Sum;
}

/** Adds up one page, by column and by row. */
export function addUp(
  frame: Frame,
  cells: ReadonlyMap<number, Cell>,
  page: number,
  isFavorite: (position: number) => boolean,
  metric: Float64Array | null,
): Sums {
  const columns = Array.from({ length: frame.width }, () => new Adding());
  const rows = Array.from({ length: frame.height }, () => new Adding());
  const all = new Adding();
  const area = frame.width * frame.height;
  for (const [number, { shown }] of cells) {
    const place = number - page * area;
    if (place < 0 || place >= area) continue;
    const sums = [columns[place % frame.width], rows[Math.floor(place / frame.width)], all];
    for (const position of shown) {
      for (const sum of sums) sum?.add(isFavorite(position), metric?.[position]);
    }
  }
  return { columns, rows, all };
}

/** What a cell without any result on show is: the worst of its tasks counts, unless one may still bring something. */
export type Emptiness = TaskStatus | "filtered" | "none";

const TELLING: readonly TaskStatus[] = ["running", "queued", "failed", "interrupted", "cancelled", "completed"];

/** Why a cell is empty, and which of its rows says so. */
export function whyEmpty(
  cell: Cell | undefined,
  statusOf: (row: number) => TaskStatus,
): { why: Emptiness; row: number | null } {
  if (!cell) return { why: "none", row: null };
  if (cell.hidden) return { why: "filtered", row: null };
  const statuses = cell.rows.map(statusOf);
  const why = TELLING.find((status) => statuses.includes(status)) ?? "completed";
  return { why, row: cell.rows[statuses.indexOf(why)] ?? null };
}

/** How many of a cell's tasks are in each status that a person should know of beside the results. */
export function beside(
  { rows }: Cell,
  statusOf: (row: number) => TaskStatus,
): { failed: number; running: number; waiting: number } {
  const count = { failed: 0, running: 0, waiting: 0 };
  for (const row of rows) {
    const status = statusOf(row);
    if (status === "failed") count.failed += 1;
    else if (status === "running") count.running += 1;
    else if (status === "queued") count.waiting += 1;
  }
  return count;
}
