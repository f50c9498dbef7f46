/** Live previews of the running tasks on screen: the latest wins, a few per second at most. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import { toBlob } from "./thumbnails";
import type { RunningTask } from "./wire.gen";

interface Shown {
  version: number;
  url: string | null;
}

const REST_MS = 300;
const REQUESTS_AT_ONCE = 2;

/** Resolves when the picture can be painted, so that swapping it in does not flash. */
async function decoded(url: string): Promise<void> {
  const image = new Image();
  image.src = url;
  await image.decode();
}

export class Previews {
  readonly #link: KernelLink;
  readonly #batch: string;
  readonly #shown = new Map<number, Shown>();
  readonly #busy = new Set<number>();
  readonly #version = signal(0);
  #wanted = new Map<number, number>();
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(link: KernelLink, batch: string) {
    this.#link = link;
    this.#batch = batch;
  }

  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** The picture of a task, or null. */
  get(index: number): string | null {
    this.#version.value;
    return this.#shown.get(index)?.url ?? null;
  }

  /** The running tasks on screen. Pictures of all others are let go. */
  show(running: readonly RunningTask[]): void {
    this.#wanted = new Map(running.map(({ index, preview }) => [index, preview]));
    for (const [index, { url }] of this.#shown) {
      if (this.#wanted.has(index)) continue;
      this.#shown.delete(index);
      if (url) URL.revokeObjectURL(url);
    }
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.show([]);
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #ask(): void {
    if (this.#closed) return;
    for (const [index, version] of this.#wanted) {
      if (this.#busy.size >= REQUESTS_AT_ONCE) return;
      if (version === 0 || version === this.#shown.get(index)?.version) continue;
      if (this.#busy.has(index) || this.#timers.has(index)) continue;
      this.#busy.add(index);
      this.#timers.set(
        index,
        setTimeout(() => {
          this.#timers.delete(index);
          this.#ask();
        }, REST_MS),
      );
      void this.#fetch(index, version);
    }
  }

  async #fetch(index: number, version: number): Promise<void> {
    let url: string | null = null;
    try {
      const { result, buffers } = await this.#link.request("tasks.preview", { batch: this.#batch, index });
      const [picture] = buffers;
      if (result.version > 0 && picture?.byteLength) {
        url = URL.createObjectURL(toBlob([picture], result.type));
        await decoded(url);
      }
    } catch {
      // A preview is a pleasure, not a need: without one the row shows its status.
      if (url) URL.revokeObjectURL(url);
      url = null;
    }
    this.#busy.delete(index);
    if (this.#closed || !this.#wanted.has(index)) {
      if (url) URL.revokeObjectURL(url);
    } else {
      const before = this.#shown.get(index)?.url;
      this.#shown.set(index, { version, url: url ?? before ?? null });
      if (url && before) URL.revokeObjectURL(before);
      this.#version.value += 1;
    }
    this.#ask();
  }
}
