/** The pixels of an image's own file, where the browser can read it. */

import type { GalleryModel } from "../../state/gallery";
import { type MediaState, mediaOf } from "../../state/media";
import { useFile } from "../viewing/useFile";

export interface ExactFile {
  /** What to decode, best first; empty until it is here. */
  blobs: readonly Blob[];
  /** Whether the first of them is the file itself, and not a copy that was made for the screen. */
  isFile: boolean;
  /** What is still on its way, or failed. */
  state: MediaState;
}

export function useExact(model: GalleryModel, position: number): ExactFile {
  const files = mediaOf(model);
  const record = model.records.get(position);
  const copy = useFile(files, position);
  const isCopy = copy.phase === "ready" && record != null && copy.size !== record.file_size;
  const whole = useFile(files, position, { original: true, wanted: isCopy });
  if (copy.phase !== "ready") return { blobs: [], isFile: false, state: copy };
  if (!isCopy) return { blobs: [copy.blob], isFile: true, state: copy };
  if (whole.phase === "loading") return { blobs: [], isFile: false, state: whole };
  if (whole.phase !== "ready") return { blobs: [copy.blob], isFile: false, state: copy };
  return { blobs: [whole.blob, copy.blob], isFile: true, state: whole };
}
