/** Long work in short pieces, so that the page stays alive while it is done. */

const SLICE_MS = 8;

export class Slices {
  #since = performance.now();

  /** Waits for the page's turn when this slice has lasted long enough. */
  async pause(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#since = performance.now();
  }
}
