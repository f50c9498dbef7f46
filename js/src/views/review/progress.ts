/** How far a review is, and where it goes next. */

import type { GalleryModel } from "../../state/gallery";

export interface Progress {
  total: number;
  left: number;
  kept: number;
  dropped: number;
}

/** How many of these have which mark. */
export function progressOf({ marks }: GalleryModel, positions: readonly number[]): Progress {
  const codes = marks.codes.value;
  const counts = [0, 0, 0];
  for (const position of positions) counts[codes[position] ?? 0] = (counts[codes[position] ?? 0] ?? 0) + 1;
  const [left = 0, kept = 0, dropped = 0] = counts;
  return { total: positions.length, left, kept, dropped };
}

/** The first place after `at` whose result has no mark; null when there is none. */
export function nextUnmarked({ marks }: GalleryModel, positions: readonly number[], at: number): number | null {
  const codes = marks.codes.peek();
  for (let place = at + 1; place < positions.length; place += 1) {
    if (!codes[positions[place] ?? -1]) return place;
  }
  return null;
}
