/** Single frames of a video: browsers know times only. */

/** Where a browser does not tell when a frame begins. */
const GUESS_S = 1 / 25;
const PROBE_S = 1 / 60;
const MOST_PROBES = 60;
const HAIR_S = 0.001;
const NUDGE_S = 0.0001;
/** What is not drawn, as in a page behind another, is not waited for. */
const PATIENCE_MS = 500;

/** Seek, and wait for the frame that is drawn then; its own time, or null where the browser does not say. */
function seekFrame(video: HTMLVideoElement, time: number): Promise<number | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS);
    video.requestVideoFrameCallback((_, { mediaTime }) => {
      clearTimeout(timer);
      resolve(mediaTime);
    });
    // To seek to where it is draws nothing.
    video.currentTime = Math.abs(time - video.currentTime) < NUDGE_S ? time + NUDGE_S : time;
  });
}

/** The time of the frame after the one on show, or before it. */
export async function nextFrame(video: HTMLVideoElement, by: 1 | -1): Promise<number> {
  const now = video.currentTime;
  const clamp = (time: number) => Math.min(video.duration || 0, Math.max(0, time));
  if (!("requestVideoFrameCallback" in video)) return clamp(now + by * GUESS_S);
  // A hair inside of the frame, since its beginning may be rounded into the one before.
  const start = await seekFrame(video, now);
  if (start === null) return clamp(now + by * GUESS_S);
  if (by < 0) {
    if (start < HAIR_S) return 0;
    const found = await seekFrame(video, clamp(start - 2 * HAIR_S));
    return clamp((found ?? start - GUESS_S) + HAIR_S);
  }
  for (let probe = 1; probe <= MOST_PROBES; probe += 1) {
    const time = start + probe * PROBE_S;
    if (time >= video.duration) break;
    const found = await seekFrame(video, time);
    if (found === null) return clamp(now + GUESS_S);
    if (found > start + HAIR_S) return clamp(found + HAIR_S);
  }
  return clamp(start + HAIR_S);
}
