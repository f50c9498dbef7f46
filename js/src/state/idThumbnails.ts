/** Thumbnails of assets by their ids, whichever batch they are of. */

import type { ReadonlySignal } from "@preact/signals";
import type { KernelLink } from "./link";
import { dataUrl } from "./thumbnails";
import { WindowCache } from "./windowCache";

const HELD = 600;
const PER_REQUEST = 40;

/** Data URLs by id, as those of a gallery's tiles are by position. */
export class IdThumbnails {
  readonly #cache: WindowCache<string>;
  readonly #ids: string[] = [];
  readonly #keys = new Map<string, number>();

  constructor(link: KernelLink) {
    this.#cache = new WindowCache({
      capacity: HELD,
      chunk: PER_REQUEST,
      fetch: async (keys) => {
        const ids = keys.map((key) => this.#ids[key] ?? "");
        const { result, buffers } = await link.request("assets.thumbnails_by_id", { ids });
        const found = new Map<number, () => string>();
        result.items.forEach(({ id, type }, i) => {
          const buffer = buffers[i];
          if (buffer?.byteLength) found.set(this.#key(id), () => dataUrl(buffer, type));
        });
        return found;
      },
    });
  }

  /** Why the last request failed, in words; null when it did not. */
  get problem(): ReadonlySignal<string | null> {
    return this.#cache.problem;
  }

  /** Null when an asset has none, undefined while it is on its way. */
  get(id: string): string | null | undefined {
    return this.#cache.get(this.#key(id));
  }

  /** What is on screen, most urgent first. */
  want(ids: readonly string[]): void {
    this.#cache.want(ids.map((id) => this.#key(id)));
  }

  retry(): void {
    this.#cache.retry();
  }

  close(): void {
    this.#cache.close();
  }

  #key(id: string): number {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    this.#keys.set(id, this.#ids.length);
    return this.#ids.push(id) - 1;
  }
}
