/** Where an image differs from another one, brightened. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatBytes } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { ZoomPane } from "../viewing/ZoomPane";
import type { Zoom } from "../viewing/zoom";
import { decode, describeDifference, drawDifference, inTurn } from "./difference";
import { type ExactFile, useExact } from "./useExact";

interface DifferencePaneProps {
  model: GalleryModel;
  /** What it is compared with. */
  reference: number;
  position: number;
  zoom: Zoom;
  main: boolean;
  /** How many times brighter a difference is shown. */
  gain: number;
  /** Called with the largest difference, of 255. */
  onFound: (largest: number) => void;
}

interface Size {
  width: number;
  height: number;
}

type Found =
  | { phase: "working" }
  | { phase: "done"; size: Size; words: [string, string]; notes: string[] }
  | { phase: "failed"; message: string };

const WORKING: Found = { phase: "working" };

/** The best of the files that the browser can read. */
async function decodeBest({ blobs, isFile }: ExactFile, size?: Size): Promise<{ bitmap: ImageBitmap; exact: boolean }> {
  let problem: unknown = null;
  for (const [rank, blob] of blobs.entries()) {
    try {
      return { bitmap: await decode(blob, size), exact: isFile && rank === 0 };
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

function progressOf(...files: ExactFile[]): string {
  let loaded = 0;
  let size = 0;
  for (const { state } of files) {
    if (state.phase === "loading") loaded += state.loaded;
    else if (state.phase === "ready") loaded += state.size;
    if ("size" in state) size += state.size ?? 0;
  }
  return size ? `Loading ${formatBytes(loaded)} of ${formatBytes(size)}` : "Loading";
}

export function DifferencePane({ model, reference, position, zoom, main, gain, onFound }: DifferencePaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const found = useSignal<Found>(WORKING);
  const one = useExact(model, reference);
  const other = useExact(model, position);
  const failed = [one, other].flatMap(({ state }) => ("message" in state ? [state.message] : []))[0];
  const [oneBlob] = one.blobs;
  const [otherBlob] = other.blobs;

  useEffect(() => {
    if (!oneBlob || !otherBlob) return;
    let left = false;
    found.value = WORKING;
    const work = async () => {
      if (left) return;
      const first = await decodeBest(one);
      const size = { width: first.bitmap.width, height: first.bitmap.height };
      const second = await decodeBest(other);
      const { width, height } = second.bitmap;
      const sameSize = width === size.width && height === size.height;
      const fitted = sameSize ? second.bitmap : (await decodeBest(other, size)).bitmap;
      if (left || !canvas.current) return;
      const difference = await drawDifference(first.bitmap, fitted, canvas.current, () => left);
      for (const bitmap of new Set([first.bitmap, second.bitmap, fitted])) bitmap.close();
      if (!difference) return;
      onFound(difference.largest);
      const notes: string[] = [];
      if (!sameSize) notes.push(`Scaled from ${width} × ${height} to ${size.width} × ${size.height} for this.`);
      if (!first.exact || !second.exact) notes.push("The copies for the screen were compared, not the files.");
      found.value = { phase: "done", size, words: describeDifference(difference), notes };
    };
    inTurn(work).catch((error: unknown) => {
      if (left) return;
      found.value = { phase: "failed", message: error instanceof Error ? error.message : String(error) };
    });
    return () => {
      left = true;
    };
  }, [oneBlob, otherBlob]);

  const record = model.records.get(reference);
  const known = record?.width && record.height ? { width: record.width, height: record.height } : null;
  const state = found.value;
  const size = (state.phase === "done" ? state.size : known) ?? { width: 512, height: 512 };
  const problem = failed ?? (state.phase === "failed" ? state.message : null);
  return (
    <div class="bgw-stage bgw-is-difference">
      <ZoomPane zoom={zoom} {...size} limit={Number.POSITIVE_INFINITY} main={main}>
        <canvas ref={canvas} style={{ filter: `brightness(${gain})` }} />
      </ZoomPane>
      <p class="bgw-stage-note" role="status">
        {problem && `These can’t be compared: ${problem}`}
        {!problem && state.phase === "working" && (oneBlob && otherBlob ? "Comparing" : progressOf(one, other))}
        {!problem && state.phase === "done" && (
          <>
            {state.words[0]}
            <span class="bgw-compare-more">{[state.words[1], ...state.notes].join(" ")}</span>
          </>
        )}
      </p>
    </div>
  );
}
