/** How loud a sound is over its length, read from the decoded file. */

import { Slices } from "./slices";

/** Decoded, a sound is a hundred times as large as its file. */
const MOST_BYTES = 50_000_000;
const LONGEST_S = 1200;
const DECODE_RATE = 44_100;
const COLUMNS = 600;
const SLICE = 65_536;

/** The lowest and the highest sample of each column, in turns, -1 to 1. */
export type Peaks = Float32Array;

/** The peaks of samples, one array per channel. */
export async function peaksOf(channels: readonly Float32Array[], columns = COLUMNS): Promise<Peaks> {
  const length = channels[0]?.length ?? 0;
  const count = Math.max(1, Math.min(columns, length));
  const peaks = new Float32Array(2 * count);
  const slices = new Slices();
  for (const samples of channels) {
    for (let start = 0; start < length; start += SLICE) {
      const end = Math.min(length, start + SLICE);
      for (let i = start; i < end; i += 1) {
        const sample = samples[i] as number;
        const at = 2 * Math.floor((i * count) / length);
        if (sample < (peaks[at] as number)) peaks[at] = sample;
        if (sample > (peaks[at + 1] as number)) peaks[at + 1] = sample;
      }
      await slices.pause();
    }
  }
  return peaks;
}

/** The peaks of a file; null where the browser can't read it, or it is too long to be decoded at once. */
export async function readPeaks(file: Blob, duration: number | null): Promise<Peaks | null> {
  if (file.size > MOST_BYTES || (duration ?? 0) > LONGEST_S) return null;
  try {
    // This context never plays: it is there to decode.
    const context = new OfflineAudioContext(1, 1, DECODE_RATE);
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    return await peaksOf(Array.from({ length: sound.numberOfChannels }, (_, i) => sound.getChannelData(i)));
  } catch {
    return null;
  }
}

/** An outline around the middle line of a box that is `2 * columns` wide and 2 high. */
export function outline(peaks: Peaks): string {
  const count = peaks.length / 2;
  // Silence is a thin line.
  const thin = 0.012;
  const bars = Array.from({ length: count }, (_, at) => {
    const low = Math.min(-thin, peaks[2 * at] ?? 0);
    const high = Math.max(thin, peaks[2 * at + 1] ?? 0);
    return `M${2 * at + 1} ${(1 - high).toFixed(3)}V${(1 - low).toFixed(3)}`;
  });
  return bars.join("");
}
