/** Runs `work` once in the next frame, however often it is asked to; `cancel` forgets it. */
export function perFrame(work: () => void): { ask: () => void; cancel: () => void } {
  let frame: number | undefined;
  return {
    ask() {
      frame ??= requestAnimationFrame(() => {
        frame = undefined;
        work();
      });
    },
    cancel() {
      if (frame !== undefined) cancelAnimationFrame(frame);
      frame = undefined;
    },
  };
}
