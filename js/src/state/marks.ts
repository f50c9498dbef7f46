/** The curator's marks: what the kernel says, and what was just pressed until the kernel says it too. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import { ASSET_MARKS } from "./wire.gen";

export type Mark = (typeof ASSET_MARKS)[number];
export type Filter = "all" | "favorites" | "unselected" | "discarded";

export const FILTERS: readonly Filter[] = ["all", "favorites", "unselected", "discarded"];

const FILTER_CODE = { favorites: 1, unselected: 0, discarded: 2 } as const;

interface Pressed {
  code: number;
  answered: boolean;
}

export class Marks {
  readonly #link: KernelLink;
  readonly #source: string;
  readonly #pressed = signal<ReadonlyMap<number, Pressed>>(new Map());
  readonly #stop: () => void;
  /** One code per asset, in the order of `ASSET_MARKS`. */
  readonly codes: ReadonlySignal<Uint8Array>;
  readonly counts: ReadonlySignal<Record<Filter, number>>;

  constructor(link: KernelLink, source: string) {
    this.#link = link;
    this.#source = source;
    const trait = link.trait("asset_marks");
    const gallery = link.trait("gallery");
    this.codes = computed(() => {
      const { buffer, byteOffset, byteLength } = trait.value;
      const codes = new Uint8Array(gallery.value.total);
      codes.set(new Uint8Array(buffer, byteOffset, Math.min(byteLength, codes.length)));
      for (const [position, { code }] of this.#pressed.value) if (position < codes.length) codes[position] = code;
      return codes;
    });
    this.counts = computed(() => {
      const counts = [0, 0, 0];
      for (const code of this.codes.value) counts[code] = (counts[code] ?? 0) + 1;
      const [unselected = 0, favorites = 0, discarded = 0] = counts;
      return { all: this.codes.value.length, favorites, unselected, discarded };
    });
    // The kernel's word replaces ours when it agrees, and when it spoke after it had answered.
    this.#stop = effect(() => {
      const said = trait.value;
      this.#forget(
        (position, { code, answered }) => answered || (position < said.byteLength && said.getUint8(position) === code),
      );
    });
  }

  of(position: number): Mark {
    return ASSET_MARKS[this.codes.value[position] ?? 0] ?? "none";
  }

  /** Positions that a filter shows, oldest first. */
  shown(filter: Filter): readonly number[] {
    const codes = this.codes.value;
    if (filter === "all") return Array.from(codes, (_, position) => position);
    const wanted = FILTER_CODE[filter];
    const found: number[] = [];
    codes.forEach((code, position) => {
      if (code === wanted) found.push(position);
    });
    return found;
  }

  /** Puts the mark on an asset, or takes it away where it has it. Returns the mark that the asset has now. */
  async toggle(position: number, mark: "favorite" | "discarded"): Promise<void> {
    const next: Mark = this.of(position) === mark ? "none" : mark;
    const pressed: Pressed = { code: ASSET_MARKS.indexOf(next), answered: false };
    this.#pressed.value = new Map(this.#pressed.peek()).set(position, pressed);
    try {
      await this.#link.request("assets.mark", {
        source: this.#source,
        positions: [position],
        mark: next === "none" ? null : next,
      });
      pressed.answered = true;
    } catch (error) {
      this.#forget((_, other) => other === pressed);
      throw error;
    }
  }

  async clear(): Promise<void> {
    await this.#link.request("assets.clear_marks", { source: this.#source });
  }

  async undo(): Promise<void> {
    await this.#link.request("assets.undo", { source: this.#source });
  }

  close(): void {
    this.#stop();
  }

  #forget(which: (position: number, pressed: Pressed) => boolean): void {
    const before = this.#pressed.peek();
    if (!before.size) return;
    const kept = new Map([...before].filter(([position, pressed]) => !which(position, pressed)));
    if (kept.size < before.size) this.#pressed.value = kept;
  }
}
