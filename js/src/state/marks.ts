/** The curator's marks: what the kernel says, and what was just pressed until the kernel says it too. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import { ASSET_MARKS } from "./wire.gen";

export type Mark = (typeof ASSET_MARKS)[number];
/** How many assets have each mark, by code. */
export type MarkCounts = readonly [unmarked: number, favorite: number, discarded: number, trashed: number];

const TRASHED = 3;

/** How many of some assets, or of all, have each mark. */
export function countMarks(codes: Uint8Array, positions?: readonly number[]): MarkCounts {
  const counts: [number, number, number, number] = [0, 0, 0, 0];
  if (positions) for (const position of positions) counts[codes[position] as 0 | 1 | 2 | 3] += 1;
  else for (const code of codes) counts[code as 0 | 1 | 2 | 3] += 1;
  return counts;
}

const NONE: ReadonlySet<number> = new Set();

/** How long the kernel's word may take after it took something back. */
const GRACE_MS = 2000;

interface Pressed {
  code: number;
  answered: boolean;
}

export class Marks {
  readonly #link: KernelLink;
  readonly #source: string;
  readonly #pressed = signal<ReadonlyMap<number, Pressed>>(new Map());
  /** What each change of this view replaced: codes by position, the last change at the end. */
  readonly #replaced: ReadonlyMap<number, number>[] = [];
  readonly #stop: () => void;
  #grace: ReturnType<typeof setTimeout> | undefined;
  /** One code per asset, in the order of `ASSET_MARKS`. */
  readonly codes: ReadonlySignal<Uint8Array>;
  readonly counts: ReadonlySignal<MarkCounts>;
  /** Positions that no view shows. Another set only when it holds something else. */
  readonly trashed: ReadonlySignal<ReadonlySet<number>>;

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
    this.counts = computed(() => countMarks(this.codes.value));
    let held = NONE;
    this.trashed = computed(() => {
      const found: number[] = [];
      this.codes.value.forEach((code, position) => {
        if (code === TRASHED) found.push(position);
      });
      if (found.length !== held.size || !found.every((position) => held.has(position))) held = new Set(found);
      return held;
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

  /** Put the mark on an asset, or take it away where the asset has it. */
  async toggle(position: number, mark: "favorite" | "discarded"): Promise<void> {
    await this.set([position], this.of(position) === mark ? "none" : mark);
  }

  /** Give assets one mark, or move them to the trash, as one step for undo. */
  async set(positions: readonly number[], mark: Mark): Promise<void> {
    const code = ASSET_MARKS.indexOf(mark);
    const pressed: Pressed = { code, answered: false };
    this.#remember(positions, code);
    this.#press(new Map(positions.map((position) => [position, pressed])));
    const which = { source: this.#source, positions: [...positions] };
    try {
      if (mark === "trashed") await this.#link.request("trash.put", which);
      else await this.#link.request("assets.mark", { ...which, mark: mark === "none" ? null : mark });
      pressed.answered = true;
    } catch (error) {
      this.#forget((_, other) => other === pressed);
      throw error;
    }
  }

  async clear(): Promise<void> {
    const { value } = this.trashed;
    this.#remember(
      [...this.codes.peek().keys()].filter((position) => !value.has(position)),
      0,
    );
    await this.#link.request("assets.clear_marks", { source: this.#source });
    this.#overtake();
  }

  /** Shows at once what the last change of this view replaced. Where another view made a later one, the kernel's word corrects it. */
  async undo(): Promise<void> {
    const replaced = this.#replaced.pop() ?? new Map<number, number>();
    const shown = new Map([...replaced].map(([position, code]) => [position, { code, answered: false }]));
    this.#press(shown);
    try {
      await this.#link.request("assets.undo", { source: this.#source });
    } finally {
      for (const pressed of shown.values()) pressed.answered = true;
      // Where the kernel has said nothing else by now, it will; and where it has nothing more to say, its word counts.
      clearTimeout(this.#grace);
      this.#grace = setTimeout(() => this.#overtake(), GRACE_MS);
    }
  }

  /** Keep what a change replaces, as the kernel does where it replaces anything. */
  #remember(positions: readonly number[], code: number): void {
    const before = this.codes.peek();
    const changed = positions.filter((position) => before[position] !== code);
    if (changed.length) this.#replaced.push(new Map(changed.map((position) => [position, before[position] ?? 0])));
  }

  #press(marks: ReadonlyMap<number, Pressed>): void {
    this.#pressed.value = new Map([...this.#pressed.peek(), ...marks]);
  }

  /** What was taken back before the kernel had spoken of it, it will never speak of. */
  #overtake(): void {
    this.#forget((_, { answered }) => answered);
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#stop();
  }

  #forget(which: (position: number, pressed: Pressed) => boolean): void {
    const before = this.#pressed.peek();
    if (!before.size) return;
    const kept = new Map([...before].filter(([position, pressed]) => !which(position, pressed)));
    if (kept.size < before.size) this.#pressed.value = kept;
  }
}
