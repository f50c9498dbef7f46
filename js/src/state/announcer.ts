/** What a screen reader is told about a batch: its start, quarters, failures and its end, and never more than it takes to stay calm. */

import { isFinished, summarize } from "./batch";
import { formatCount } from "./format";
import type { BatchSummary } from "./wire.gen";

const REST_MS = 10_000;
const QUARTERS = 4;

function doneCount({ counts, total }: BatchSummary): number {
  return total - counts.queued - counts.running;
}

export class Announcer {
  #batch: string | null = null;
  #status: BatchSummary["status"] | null = null;
  #quarter = 0;
  #failed = 0;
  #spokeAt = Number.NEGATIVE_INFINITY;
  #first = true;

  /**
   * The text to speak now, or null; `wait` is in how many milliseconds to ask again with the same batch, or null.
   * What the page finds when it opens is not news.
   */
  hear(batch: BatchSummary | null, now: number): { text: string | null; wait: number | null } {
    const first = this.#first;
    this.#first = false;
    if (!batch) return { text: null, wait: null };
    const quarter = Math.floor((QUARTERS * doneCount(batch)) / Math.max(1, batch.total));
    const failed = batch.counts.failed;
    const status = this.#status;
    this.#status = batch.status;
    if (batch.id !== this.#batch) {
      this.#batch = batch.id;
      if (first) {
        this.#quarter = quarter;
        this.#failed = failed;
        return { text: null, wait: null };
      }
      this.#quarter = 0;
      this.#failed = 0;
      if (!isFinished(batch)) return this.#speak(batch, now, `Batch started: ${formatCount(batch.total, "task")}.`);
    }
    if (isFinished(batch)) {
      return status === batch.status
        ? { text: null, wait: null }
        : this.#speak(batch, now, `Batch ${batch.status}: ${summarize(batch).replaceAll(" · ", ", ")}.`);
    }
    if (status !== batch.status && (status === "paused" || batch.status === "paused")) {
      return this.#speak(batch, now, batch.status === "paused" ? "Paused." : "Resumed.");
    }
    const milestone = quarter > this.#quarter && quarter < QUARTERS;
    if (!milestone && failed <= this.#failed) return { text: null, wait: null };
    const wait = this.#spokeAt + REST_MS - now;
    if (wait > 0) return { text: null, wait };
    const failures = failed ? ` ${formatCount(failed)} failed.` : "";
    const percent = Math.floor((100 * doneCount(batch)) / Math.max(1, batch.total));
    return this.#speak(
      batch,
      now,
      `${percent} %: ${formatCount(doneCount(batch))} of ${formatCount(batch.total, "task")} done.${failures}`,
    );
  }

  #speak(batch: BatchSummary, now: number, text: string): { text: string; wait: null } {
    this.#spokeAt = now;
    this.#quarter = Math.floor((QUARTERS * doneCount(batch)) / Math.max(1, batch.total));
    this.#failed = batch.counts.failed;
    return { text, wait: null };
  }
}
