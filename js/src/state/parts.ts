/**
 * Parts of the front end that load when they are first needed.
 *
 * A widget carries what its first paint shows. What opens on demand is a part: `parts/index.ts` names it, `views/late.tsx` shows it.
 * Where the code of a part comes from is its source's business: the kernel in a notebook, an `import()` everywhere else.
 */

import type { KernelLink } from "./link";

export interface PartSource<E> {
  /** The part's exports; asks once more for what is on its way when `again` is set. Some sources need no kernel. */
  load(link: KernelLink | null, again: boolean): Promise<E>;
  /** Bring the part near without running it; a source that has no need of that leaves it out. */
  fetch?(link: KernelLink): Promise<unknown>;
}

/** What every part may export: the rules of its own views, which `Late` puts on the page with them. */
export interface PartExports {
  css?: string;
}

/** The parts of this bundle. */
const parts: Part<object>[] = [];

export class Part<E extends object> {
  readonly #source: PartSource<E>;
  #ready: E | null = null;
  #coming: Promise<E> | null = null;

  constructor(source: PartSource<E>) {
    this.#source = source;
    parts.push(this);
  }

  /** What the part exports, once it is here. */
  get ready(): E | null {
    return this.#ready;
  }

  /** Load the part, once for all who ask; `again` starts anew, also where an answer is still awaited. */
  load(link: KernelLink | null, again = false): Promise<E> {
    if (this.#ready) return Promise.resolve(this.#ready);
    if (this.#coming && !again) return this.#coming;
    const coming = this.#source.load(link, again).then(
      (exports) => {
        // Whichever of two answers comes first counts: components of the other would be strangers to what is on show.
        this.#ready ??= exports;
        return this.#ready;
      },
      (error: unknown) => {
        if (this.#coming === coming) this.#coming = null;
        throw error;
      },
    );
    this.#coming = coming;
    return coming;
  }

  async fetch(link: KernelLink): Promise<void> {
    if (!this.#ready) await this.#source.fetch?.(link);
  }
}

/** A little later than what the first paint asks the kernel for. */
const REST_MS = 500;
const BETWEEN_MS = 100;

function idle(after: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      // Safari has no such thing.
      if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve());
      else resolve();
    }, after);
  });
}

/** Bring every part of this bundle near while the page has nothing else to do. */
export async function prefetchParts(link: KernelLink, lifetime: AbortSignal): Promise<void> {
  for (const [i, part] of parts.entries()) {
    await idle(i ? BETWEEN_MS : REST_MS);
    if (lifetime.aborted) return;
    // Nobody waits for it yet: whoever opens it asks again, and is told why it can't be had.
    await part.fetch(link).catch(() => {});
  }
}
