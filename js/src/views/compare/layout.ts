/** How panes share a window. */

const GAP = 8;
const HEAD = 34;

/** The number of columns with which pictures of this shape (width by height) become largest. */
export function columnsFor(count: number, width: number, height: number, shape: number): number {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const paneWidth = (width - GAP * (columns - 1)) / columns;
    const paneHeight = (height - GAP * (rows - 1)) / rows - HEAD;
    const size = Math.min(paneWidth, paneHeight * shape);
    // Of two that are as good, the one with fewer empty places.
    if (size > largest * 1.01) {
      best = columns;
      largest = size;
    }
  }
  return best;
}
