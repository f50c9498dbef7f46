/** Where two pictures differ, pixel by pixel. */

import { Slices } from "../viewing/slices";

export interface Difference {
  /** Pixels with any difference. */
  changed: number;
  pixels: number;
  /** Over all pixels and their red, green, blue and opacity, of 255. */
  mean: number;
  largest: number;
}

const PIXELS_PER_STRIP = 65_536;
/** Both pictures and their difference are in memory at once. */
const MOST_PIXELS = 80_000_000;

function stripContext(width: number, rows: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, rows).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser has no canvas to compare pictures on.");
  return context;
}

/** Writes the absolute difference of two strips over the first, and adds to what is known. */
function compareStrip(one: ImageData, other: ImageData, found: Difference): number {
  const a = one.data;
  const b = other.data;
  const aWords = new Uint32Array(a.buffer);
  const bWords = new Uint32Array(b.buffer);
  let sum = 0;
  for (let at = 0; at < aWords.length; at += 1) {
    const i = 4 * at;
    if (aWords[at] === bWords[at]) {
      a[i] = a[i + 1] = a[i + 2] = 0;
      a[i + 3] = 255;
      continue;
    }
    const red = Math.abs((a[i] as number) - (b[i] as number));
    const green = Math.abs((a[i + 1] as number) - (b[i + 1] as number));
    const blue = Math.abs((a[i + 2] as number) - (b[i + 2] as number));
    const opacity = Math.abs((a[i + 3] as number) - (b[i + 3] as number));
    sum += red + green + blue + opacity;
    found.changed += 1;
    found.largest = Math.max(found.largest, red, green, blue, opacity);
    // What differs in opacity alone shows too.
    a[i] = Math.max(red, opacity);
    a[i + 1] = Math.max(green, opacity);
    a[i + 2] = Math.max(blue, opacity);
    a[i + 3] = 255;
  }
  return sum;
}

let last: Promise<unknown> = Promise.resolve();

/** Several comparisons one after the other: side by side they would only take each other's time, and all the memory at once. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine.catch(() => {});
  return mine;
}

/**
 * Draw the absolute difference of two pictures of one size on a canvas, strip by strip.
 *
 * Returns null when `stopped` said so in between.
 */
export async function drawDifference(
  one: ImageBitmap,
  other: ImageBitmap,
  canvas: HTMLCanvasElement,
  stopped: () => boolean,
): Promise<Difference | null> {
  const { width, height } = one;
  if (width * height > MOST_PIXELS) {
    throw new Error(`Pictures of ${width} × ${height} are too large to compare pixel by pixel.`);
  }
  const target = canvas.getContext("2d");
  if (!target) throw new Error("This browser has no canvas to compare pictures on.");
  canvas.width = width;
  canvas.height = height;
  const rows = Math.max(1, Math.floor(PIXELS_PER_STRIP / width));
  const first = stripContext(width, rows);
  const second = stripContext(width, rows);
  const found: Difference = { changed: 0, pixels: width * height, mean: 0, largest: 0 };
  const slices = new Slices();
  let sum = 0;
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    const strips = [
      { context: first, picture: one },
      { context: second, picture: other },
    ].map(({ context, picture }) => {
      context.clearRect(0, 0, width, count);
      context.drawImage(picture, 0, top, width, count, 0, 0, width, count);
      return context.getImageData(0, 0, width, count);
    });
    const [a, b] = strips;
    if (!a || !b) break;
    sum += compareStrip(a, b, found);
    target.putImageData(a, 0, top);
    await slices.pause();
    if (stopped()) return null;
  }
  found.mean = sum / (4 * found.pixels);
  return found;
}

/** Decode a picture as it is, without what a screen makes of its colours; in another size where one is given. */
export function decode(file: Blob, size?: { width: number; height: number }): Promise<ImageBitmap> {
  return createImageBitmap(file, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
    ...(size && { resizeWidth: size.width, resizeHeight: size.height, resizeQuality: "high" }),
  });
}

const ROUGHLY = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** The difference in words: what matters most, and the rest of the sentence. */
export function describeDifference({ changed, pixels, mean, largest }: Difference): [string, string] {
  if (!changed) return ["Identical", ": every pixel is the same."];
  const few = changed / pixels < 0.0005;
  const share = few ? `${changed} of ${pixels} pixels` : `${ROUGHLY.format((100 * changed) / pixels)} % of the pixels`;
  const verb = changed === 1 ? "differs" : "differ";
  return [`${share} ${verb}`, `, by ${ROUGHLY.format(mean)} of 255 on average and by ${largest} at most.`];
}
