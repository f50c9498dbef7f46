/**
 * The rows of the task table that are on screen.
 *
 * Status, progress and message come with the traits; a row adds the parameters, the error and the log. It is fetched when it comes into
 * view, and once more when the task's status has changed since.
 */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { KernelLink } from "./link";
import { perFrame } from "./perFrame";
import { TASK_STATUSES, type TaskRow } from "./wire.gen";

interface Held {
  row: TaskRow;
  /** The row's own status, which may be ahead of the trait. */
  code: number;
  /** The task's status byte when the row was asked for. */
  asked: number | undefined;
  changed: boolean;
}

const ROWS_HELD = 2000;
/** After a failure, wait before the next try; the kernel may be busy or gone. */
const REST_MS = 2000;

export class TaskRows {
  readonly #link: KernelLink;
  readonly #batch: string;
  readonly #held = new Map<number, Held>();
  readonly #version = signal(0);
  readonly #problem = signal<string | null>(null);
  readonly #frame = perFrame(() => void this.#fetch());
  readonly #now: () => number;
  #status: Uint8Array = new Uint8Array();
  #start = 0;
  #stop = 0;
  #busy = false;
  #closed = false;
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(link: KernelLink, batch: string, now: () => number = () => performance.now()) {
    this.#link = link;
    this.#batch = batch;
    this.#now = now;
  }

  get problem(): ReadonlySignal<string | null> {
    return this.#problem;
  }

  /** The row of a task, perhaps of a moment ago; undefined when it is not known yet. */
  get(index: number): TaskRow | undefined {
    this.#version.value;
    return this.#held.get(index)?.row;
  }

  /** The tasks on screen and the status of all. */
  show(start: number, stop: number, status: Uint8Array): void {
    const before = this.#status;
    if (before !== status) {
      // A retried task may come back to the status it had while nobody looked, with another error.
      for (const [index, held] of this.#held) {
        if (before[index] !== status[index] && status[index] !== held.code) held.changed = true;
      }
    }
    this.#status = status;
    this.#start = start;
    this.#stop = Math.min(stop, status.length);
    this.#frame.ask();
  }

  /** A row has changed though its status has not. */
  refresh(index: number): void {
    const held = this.#held.get(index);
    if (held) held.changed = true;
    this.#frame.ask();
  }

  /** Try at once again after a failure. */
  retry(): void {
    this.#restUntil = Number.NEGATIVE_INFINITY;
    this.#problem.value = null;
    this.#frame.ask();
  }

  close(): void {
    this.#closed = true;
    this.#frame.cancel();
  }

  #isStale(index: number): boolean {
    const held = this.#held.get(index);
    if (!held || held.changed) return true;
    const status = this.#status[index];
    return status !== held.code && status !== held.asked;
  }

  async #fetch(): Promise<void> {
    if (this.#busy || this.#closed || this.#now() < this.#restUntil) return;
    let start = this.#start;
    let stop = this.#stop;
    while (start < stop && !this.#isStale(start)) start += 1;
    while (stop > start && !this.#isStale(stop - 1)) stop -= 1;
    if (start >= stop) return;
    const asked = this.#status;
    this.#busy = true;
    try {
      const { result } = await this.#link.request("tasks.get", { batch: this.#batch, start, stop });
      for (const row of result.rows) {
        this.#held.delete(row.index);
        const code = TASK_STATUSES.indexOf(row.status);
        this.#held.set(row.index, { row, code, asked: asked[row.index], changed: false });
      }
      for (const index of this.#held.keys()) {
        if (this.#held.size <= ROWS_HELD) break;
        this.#held.delete(index);
      }
      this.#problem.value = null;
      this.#version.value += 1;
    } catch (error) {
      this.#restUntil = this.#now() + REST_MS;
      if (!this.#closed) this.#problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      this.#busy = false;
    }
    if (!this.#closed) this.#frame.ask();
  }
}
