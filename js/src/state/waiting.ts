/**
 * The part of the queue that is on screen.
 *
 * Rows are held by their place. When the queue changes, the old rows stay on show until the new ones are there; what a person moves has its
 * new place at once.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import { perFrame } from "./perFrame";
import type { QueueRow } from "./wire.gen";

interface Held {
  /** Undefined where the queue had ended already. */
  row: QueueRow | undefined;
  /** The state of the queue that it was asked in. */
  mark: string;
}

const ROWS_HELD = 1000;

/** What tells a queued task from all others. */
export function taskKey({ batch, index }: Pick<QueueRow, "batch" | "index">): string {
  return `${batch}/${index}`;
}

export class WaitingTasks {
  readonly #link: KernelLink;
  readonly #version = signal(0);
  readonly #problem = signal<string | null>(null);
  readonly #frame = perFrame(() => void this.#fetch());
  #held = new Map<number, Held>();
  #start = 0;
  #stop = 0;
  #mark = "";
  /** Grows with each change made here: an answer to an earlier request is out of date. */
  #changes = 0;
  #busy = false;
  #closed = false;

  constructor(link: KernelLink) {
    this.#link = link;
  }

  /** Why the rows could not be read, in words; null when they could. */
  get problem(): ReadonlySignal<string | null> {
    return this.#problem;
  }

  /** The task at a place of the queue, perhaps of a moment ago; undefined when it is not known yet. */
  get(position: number): QueueRow | undefined {
    this.#version.value;
    return this.#held.get(position)?.row;
  }

  /** The places on screen, and a text that differs whenever the queue does. */
  show(start: number, stop: number, mark: string): void {
    if (mark !== this.#mark) this.#problem.value = null;
    this.#start = start;
    this.#stop = stop;
    this.#mark = mark;
    this.#frame.ask();
  }

  /** Put a task elsewhere, ahead of the kernel. */
  move(from: number, to: number): void {
    const step = from < to ? 1 : -1;
    const moved = this.#held.get(from);
    const next = new Map(this.#held);
    const put = (position: number, held: Held | undefined) => {
      if (held) next.set(position, held);
      else next.delete(position);
    };
    for (let at = from; at !== to; at += step) put(at, this.#held.get(at + step));
    put(to, moved);
    this.#held = next;
    this.#changes += 1;
    this.#version.value += 1;
  }

  /** Read all again, as when the kernel has refused a change. */
  refresh(): void {
    for (const held of this.#held.values()) held.mark = "";
    this.#changes += 1;
    this.#problem.value = null;
    this.#frame.ask();
  }

  close(): void {
    this.#closed = true;
    this.#frame.cancel();
  }

  async #fetch(): Promise<void> {
    if (this.#busy || this.#closed || this.#problem.peek() !== null) return;
    const mark = this.#mark;
    const changes = this.#changes;
    const stale = (position: number) => this.#held.get(position)?.mark !== mark;
    let start = this.#start;
    let stop = this.#stop;
    while (start < stop && !stale(start)) start += 1;
    while (stop > start && !stale(stop - 1)) stop -= 1;
    if (start >= stop) return;
    this.#busy = true;
    try {
      const { result } = await this.#link.request("queue.get", { start, stop });
      if (changes === this.#changes) this.#keep(start, stop, mark, result.rows);
    } catch (error) {
      if (!this.#closed) this.#problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      this.#busy = false;
    }
    if (!this.#closed) this.#frame.ask();
  }

  #keep(start: number, stop: number, mark: string, rows: QueueRow[]): void {
    const found = new Map(rows.map((row) => [row.position, row]));
    for (let position = start; position < stop; position += 1) {
      this.#held.delete(position);
      this.#held.set(position, { row: found.get(position), mark });
    }
    for (const position of this.#held.keys()) {
      if (this.#held.size <= ROWS_HELD) break;
      this.#held.delete(position);
    }
    this.#version.value += 1;
  }
}
