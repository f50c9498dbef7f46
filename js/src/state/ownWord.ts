/** A value of the kernel that a person changes here: what they did shows at once, until the kernel's word replaces it. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";

/** How long the kernel's word may take after its answer; what it says then counts. */
const GRACE_MS = 2000;

export class OwnWord<T> {
  readonly #said: ReadonlySignal<T>;
  readonly #same: (one: T, other: T) => boolean;
  readonly #own = signal<{ value: T } | null>(null);
  readonly #stop: () => void;
  /** Shown, and not told yet. */
  #untold = false;
  #open = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What to show. Another object only when it says something else. */
  readonly value: ReadonlySignal<T>;

  constructor(said: ReadonlySignal<T>, same: (one: T, other: T) => boolean) {
    this.#said = said;
    this.#same = same;
    let held = said.peek();
    this.value = computed(() => {
      const next = this.#own.value?.value ?? said.value;
      if (!same(held, next)) held = next;
      return held;
    });
    // Until all was told and answered, the kernel may still be saying what was before.
    this.#stop = effect(() => {
      said.value;
      if (!this.#open && !this.#untold) this.#forget();
    });
  }

  /** Show it; `tell` has to follow. */
  show(value: T): void {
    clearTimeout(this.#timer);
    this.#untold = true;
    this.#own.value = { value };
  }

  /** Tell the kernel of it. When it says no, its word shows again, and the promise is rejected with the reason. */
  async tell(send: () => Promise<unknown>): Promise<void> {
    this.#untold = false;
    this.#open += 1;
    try {
      await send();
    } catch (error) {
      if (!this.#untold) this.#forget();
      throw error;
    } finally {
      this.#open -= 1;
      if (!this.#open && !this.#untold) this.#settle();
    }
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
  }

  #settle(): void {
    const own = this.#own.peek();
    if (!own) return;
    if (this.#same(own.value, this.#said.peek())) this.#forget();
    else this.#timer = setTimeout(() => this.#forget(), GRACE_MS);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#own.value = null;
  }
}
