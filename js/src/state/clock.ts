/** The kernel's clock as seen from here: its times are the kernel's, the ticking is ours. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";

export class KernelClock {
  readonly #now = signal(Date.now() / 1000);
  #skew = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Epoch seconds on the kernel's clock; a signal that ticks once a second while the clock runs. */
  get now(): ReadonlySignal<number> {
    return this.#now;
  }

  /** Measure how far the kernel's clock is from ours. Without an answer ours has to do. */
  async sync(link: KernelLink): Promise<void> {
    const sent = Date.now() / 1000;
    try {
      const { result } = await link.request("clock", {});
      const received = Date.now() / 1000;
      this.#skew = result.now - (sent + received) / 2;
      this.#tick();
    } catch {
      // The elapsed time may be off by the difference of the two clocks; nothing that a person has to be told.
    }
  }

  start(): void {
    this.#tick();
    this.#timer ??= setInterval(() => this.#tick(), 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#now.value = Date.now() / 1000 + this.#skew;
  }
}
