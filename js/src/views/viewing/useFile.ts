/** The file of an asset, for as long as a view shows it. */

import { useLayoutEffect } from "preact/hooks";
import type { MediaState, MediaStore } from "../../state/media";

/** Holds the file unless `wanted` is false. */
export function useFile(files: MediaStore, position: number, { original = false, wanted = true } = {}): MediaState {
  const state = files.state(position, original).value;
  useLayoutEffect(() => (wanted ? files.hold(position, original) : undefined), [files, position, original, wanted]);
  return state;
}
