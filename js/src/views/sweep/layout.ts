/** Cells of one size in two directions: all that the table's window needs is arithmetic. */

import { visibleRows } from "../scrolling";

export const GAP = 4;
const SMALLEST_CELL = 72;
const LARGEST_CELL = 240;
/** Cells grow no further than this when the table would then no longer fit in height. */
const EASY_CELL = 132;
/** The height in which a small table is seen whole. */
const EASY_HEIGHT = 520;
export const SCROLL_BAR = 12;
const NARROW = 520;
const HEADER_LETTER = 6.6;

export interface TableLayout {
  columns: number;
  rows: number;
  /** Side of a cell. */
  cell: number;
  /** From one cell to the next. */
  pitch: number;
  /** The labels at the left, those on top, the sums at the right and below. */
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** How much of the right end stays on screen: in a narrow table it scrolls. */
  stuck: number;
  narrow: boolean;
  /** Of all of it. */
  width: number;
  height: number;
}

/** The slots that are drawn: `first` to `last - 1` in each direction. */
export interface TableWindow {
  row: { first: number; last: number };
  column: { first: number; last: number };
}

interface Labels {
  columns: readonly string[];
  rows: readonly string[];
  /** Of the two axes. */
  names: readonly string[];
  /** What stands in the last corner. */
  total: string;
}

function longest(labels: readonly string[]): number {
  return labels.reduce((most, label) => Math.max(most, label.length), 0);
}

/** A table that fills its area where it can; `size` is the side of a cell that was chosen. */
export function layoutTable(labels: Labels, area: number, size: number | null, isMeasured: boolean): TableLayout {
  const narrow = area < NARROW;
  const columns = labels.columns.length;
  const rows = labels.rows.length;
  const letters = Math.max(longest(labels.rows), longest(labels.names) + 2);
  const left = Math.min(
    narrow ? 84 : Math.max(120, Math.min(240, area * 0.2)),
    Math.max(56, Math.ceil(letters * HEADER_LETTER) + 18),
  );
  const right = Math.max(76, Math.ceil(labels.total.length * HEADER_LETTER) + 40);
  const bottom = isMeasured ? 48 : 34;
  const wide = Math.floor((area - SCROLL_BAR - left - right - 2 * GAP) / columns) - GAP;
  const high = Math.floor((EASY_HEIGHT - bottom) / rows) - GAP;
  const fitting = Math.min(wide, Math.max(EASY_CELL, high));
  const cell = Math.round(size ?? Math.min(LARGEST_CELL, Math.max(SMALLEST_CELL, fitting)));
  const pitch = cell + GAP;
  const top = longest(labels.columns) * HEADER_LETTER > cell - 8 ? 46 : 30;
  return {
    columns,
    rows,
    cell,
    pitch,
    left,
    top,
    right,
    bottom,
    narrow,
    stuck: narrow ? 0 : right,
    width: left + columns * pitch + GAP + right,
    height: top + rows * pitch + GAP + bottom,
  };
}

interface View {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** The cells that touch the view, and `extra` more on all sides. */
export function visibleCells(layout: TableLayout, view: View, extra: number): TableWindow {
  const { pitch, left, stuck, top, bottom } = layout;
  return {
    row: visibleRows(view.top, Math.max(0, view.height - top - bottom), pitch, layout.rows, extra),
    column: visibleRows(view.left, Math.max(0, view.width - left - stuck), pitch, layout.columns, extra),
  };
}

/** Where to scroll in one direction so that the slot at `at` is seen whole; `from` when it is already. */
export function reveal(at: number, from: number, room: number, pitch: number): number {
  const start = at * pitch;
  if (start < from) return start;
  return start + pitch + GAP > from + room ? start + pitch + GAP - room : from;
}

export interface Place {
  row: number;
  column: number;
}

/** The cell that a key moves to, or null when the key does not move. The sums are one more row and one more column. */
export function moveByKey(
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  { row, column }: Place,
  { rows, columns }: Pick<TableLayout, "rows" | "columns">,
  page: number,
): Place | null {
  const far = ctrlKey || metaKey;
  switch (key) {
    case "ArrowRight":
      return { row, column: far ? columns : Math.min(columns, column + 1) };
    case "ArrowLeft":
      return { row, column: far ? 0 : Math.max(0, column - 1) };
    case "ArrowDown":
      return { row: far ? rows : Math.min(rows, row + 1), column };
    case "ArrowUp":
      return { row: far ? 0 : Math.max(0, row - 1), column };
    case "PageDown":
      return { row: Math.min(rows, row + page), column };
    case "PageUp":
      return { row: Math.max(0, row - page), column };
    case "Home":
      return { row: far ? 0 : row, column: 0 };
    case "End":
      return { row: far ? rows : row, column: columns };
    default:
      return null;
  }
}
