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

/** Where to scroll after a change of layout, so that the first row on screen stays there. */
export function keepPlace(top: number, before: GridLayout, after: GridLayout): number {
  const row = Math.floor(top / before.rowHeight);
  const within = top / before.rowHeight - row;
  return (Math.floor((row * before.columns) / after.columns) + within) * after.rowHeight;
}

/** Where to scroll so that the row at `at` is seen whole; `top` when it is already. */
export function reveal(at: number, top: number, height: number, layout: GridLayout): number {
  const start = Math.floor(at / layout.columns) * layout.rowHeight;
  const end = start + layout.rowHeight - GAP + 2 * EDGE;
  if (start < top) return start;
  return end > top + height ? end - height : top;
}

/** The index that a key moves to, or null when the key does not move. */
export function moveByKey(
  key: string,
  at: number,
  tiles: number,
  columns: number,
  rowsOnScreen: number,
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
      return Math.floor(at / columns) < Math.floor(last / columns) ? last : at;
    case "ArrowUp":
      return at - columns >= 0 ? at - columns : at;
    case "PageDown":
      return Math.min(last, at + page);
    case "PageUp":
      return at - page >= 0 ? at - page : at % columns;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
