/** Tiles of one size in rows: all that the grid's window needs is arithmetic. */

export const GAP = 10;
export const CAPTION = 24;
/** Room around the tiles for their focus ring, inside the scroll area. */
export const EDGE = 4;
/** Where the scroll bar has its place, in the padding of the panel. */
export const SCROLL_BAR = 14;
export const MAX_HEIGHT = 620;

export interface GridLayout {
  columns: number;
  /** Side of a tile's picture. */
  tile: number;
  /** From the top of one row to the top of the next. */
  rowHeight: number;
}

/** A tile size that suits the width, until a person chooses one. */
export function defaultTile(width: number): number {
  if (width < 700) return 136;
  return width < 1200 ? 152 : 184;
}

/** As many columns of at least `size` as fit, widened to fill the line. */
export function layoutGrid(width: number, size: number): GridLayout {
  const line = Math.max(0, width - EDGE - SCROLL_BAR);
  const columns = Math.max(1, Math.floor((line + GAP) / (size + GAP)));
  const tile = Math.max(1, Math.floor((line - GAP * (columns - 1)) / columns));
  return { columns, tile, rowHeight: tile + CAPTION + GAP };
}

export function rowCount(tiles: number, { columns }: GridLayout): number {
  return Math.ceil(tiles / columns);
}

/** Height of all rows. */
export function gridHeight(tiles: number, layout: GridLayout): number {
  return Math.max(0, rowCount(tiles, layout) * layout.rowHeight - GAP) + 2 * EDGE;
}

/**
 * Where to scroll after a change of layout, so that the first row on screen stays there; `lead` is how many places were free before the
 * first tile.
 */
export function keepPlace(top: number, before: GridLayout, after: GridLayout, lead = 0): number {
  const row = Math.floor(top / before.rowHeight);
  const within = top / before.rowHeight - row;
  return (Math.floor(Math.max(0, row * before.columns - lead) / after.columns) + within) * after.rowHeight;
}

/** Tiles in their order, after some free places. */
export interface Placed {
  shown: readonly number[];
  lead: number;
}

/**
 * Where the tiles of another list have their places, so that what is on screen stays where it is.
 *
 * The anchor is the first tile on screen that is still there: it keeps its row on screen and its column. What its column takes is free
 * places before the first tile, out of sight.
 */
export function keepTiles(
  before: Placed,
  next: readonly number[],
  top: number,
  { columns, rowHeight }: GridLayout,
): { lead: number; top: number } {
  const row = Math.floor(top / rowHeight);
  const from = Math.max(0, row * columns - before.lead);
  // Results that arrive at the end move nothing.
  if (next[from] !== undefined && next[from] === before.shown[from]) return { lead: before.lead, top };
  const places = new Map(next.map((position, index) => [position, index]));
  const isThere = (position: number | undefined) => position !== undefined && places.has(position);
  let index = from;
  while (index < before.shown.length && !isThere(before.shown[index])) index += 1;
  if (index >= before.shown.length) {
    index = from - 1;
    while (index >= 0 && !isThere(before.shown[index])) index -= 1;
  }
  const place = places.get(before.shown[index] ?? -1);
  if (place === undefined) return { lead: 0, top };
  const slot = index + before.lead;
  const lead = (((slot - place) % columns) + columns) % columns;
  const moved = Math.floor((place + lead) / columns) - Math.floor(slot / columns);
  // No free places where they would be seen.
  return row + moved <= 0
    ? { lead: 0, top: Math.max(0, top + moved * rowHeight) }
    : { lead, top: top + moved * rowHeight };
}

/** Where to scroll so that the row of place `at` is seen whole; `top` when it is already. */
export function reveal(at: number, top: number, height: number, layout: GridLayout): number {
  const start = Math.floor(at / layout.columns) * layout.rowHeight;
  const end = start + layout.rowHeight - GAP + 2 * EDGE;
  if (start < top) return start;
  return end > top + height ? end - height : top;
}

/** The index that a key moves to, or null when the key does not move; `lead` is how many places are free before the first tile. */
export function moveByKey(
  key: string,
  at: number,
  tiles: number,
  columns: number,
  rowsOnScreen: number,
  lead = 0,
): number | null {
  const last = tiles - 1;
  const page = Math.max(1, rowsOnScreen) * columns;
  switch (key) {
    case "ArrowRight":
      return Math.min(last, at + 1);
    case "ArrowLeft":
      return Math.max(0, at - 1);
    case "ArrowDown":
      // The last row may be short: from above its gap, down is its end.
      if (at + columns <= last) return at + columns;
      return Math.floor((at + lead) / columns) < Math.floor((last + lead) / columns) ? last : at;
    case "ArrowUp":
      return at - columns >= 0 ? at - columns : at;
    case "PageDown":
      return Math.min(last, at + page);
    case "PageUp":
      return at - page >= 0 ? at - page : Math.max(0, ((at + lead) % columns) - lead);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
