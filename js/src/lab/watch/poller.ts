import type { ReadonlySignal } from "@preact/signals";

const AT_MOST_EVERY_MS = 500;
const FAILING_AT_MOST_MS = 300_000;

export interface PollerOptions {
  /** Ask once. Says whether it worked: after failures it is asked less often. */
  ask: () => Promise<boolean>;
  seconds: ReadonlySignal<number>;
  /** Whether there is anything to ask about. */
  needed: () => boolean;
  lifetime: AbortSignal;
}

/** Asks again and again while the page is visible, at once when something happens, and never while an answer is on its way. */
export class Poller {
  readonly #options: PollerOptions;
  #asking: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #failures = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: PollerOptions) {
    this.#options = options;
    const { lifetime, seconds } = options;
    const onVisible = () => {
      if (document.hidden) this.#unschedule();
      else this.nudge();
    };
    document.addEventListener("visibilitychange", onVisible);
    const stop = seconds.subscribe(() => this.#arm());
    lifetime.addEventListener("abort", () => {
      document.removeEventListener("visibilitychange", onVisible);
      stop();
      this.#unschedule();
    });
  }

  /** Something happened: ask soon, unless nobody looks. */
  nudge(): void {
    this.#schedule(Math.max(0, this.#lastAt + AT_MOST_EVERY_MS - performance.now()));
  }

  /** Ask now. Resolves with an answer to a question that was asked after this call. */
  now(): Promise<void> {
    if (this.#options.lifetime.aborted) return Promise.resolve();
    if (!this.#asking) return this.#ask();
    this.#next ??= this.#asking.then(() => {
      this.#next = null;
      return this.now();
    });
    return this.#next;
  }

  #ask(): Promise<void> {
    this.#unschedule();
    this.#lastAt = performance.now();
    const ask = this.#options.ask().catch((error) => {
      // It goes on, whatever came of one answer.
      console.error(error);
      return false;
    });
    this.#asking = ask.then((worked) => {
      this.#asking = null;
      this.#failures = worked ? 0 : this.#failures + 1;
      this.#arm();
    });
    return this.#asking;
  }

  #arm(): void {
    this.#schedule(Math.min(this.#options.seconds.peek() * 1000 * 2 ** this.#failures, FAILING_AT_MOST_MS));
  }

  /** What is due earlier stays so. */
  #schedule(ms: number): void {
    const { lifetime, needed } = this.#options;
    const at = performance.now() + ms;
    if (at >= this.#dueAt || lifetime.aborted || document.hidden || !needed()) return;
    this.#unschedule();
    this.#dueAt = at;
    this.#timer = setTimeout(() => void this.now(), ms);
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
