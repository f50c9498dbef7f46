/** What the tests of the queue share: a kernel with tasks that wait, which keeps what is done to them. */

import { expect } from "vitest";
import { page } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { answerQueue, type FakeQueue } from "../dev/queue";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import { batchKernel, find, repeat, show } from "./mountBatch";

export const FIRST = "20250301-101500-a1b2c3";
export const SECOND = "20250301-101900-d4e5f6";

export interface QueueKernel {
  kernel: FakeKernel;
  queue: FakeQueue;
  /** The first `count` tasks start, as they do while somebody looks. */
  start: (count: number) => void;
}

/** `first` tasks of one batch, then `second` of another. */
export function queueKernel(first: number, second = 0): QueueKernel {
  const kernel = batchKernel([1, ...repeat(Math.min(first, 200), () => 0)], { id: FIRST });
  const publish = () => {
    kernel.set("queue", {
      paused: false,
      tasks: queue.tasks.length,
      batches: new Set(queue.tasks.map(({ batch }) => batch)).size,
      revision: queue.revision(),
    });
  };
  const queue = answerQueue(kernel, publish);
  queue.tasks = repeat(first + second, (i) => i).map((i) => ({
    batch: i < first ? FIRST : SECOND,
    index: i < first ? i + 1 : i - first,
    params: { prompt: "a lake at dawn", seed: 100 + i, cfg_scale: 7.5, tiling: false, note: null },
    varied: ["seed", "tiling"],
    generator: "poster",
  }));
  queue.changed();
  const start = (count: number) => {
    queue.tasks.splice(0, count);
    queue.changed();
  };
  return { kernel, queue, start };
}

export const button = (name: string) => page.getByRole("button", { name, exact: true });
export const area = (root: HTMLElement) => find(root, ".bgw-queue-area");
export const spoken = (root: HTMLElement) => find(root, '[aria-live="assertive"]').textContent;

/** The seeds of the rows on show, from the first to the last. */
export function seeds(root: HTMLElement): number[] {
  return [...root.querySelectorAll<HTMLElement>(".bgw-waiting")]
    .sort((a, b) => Number(a.dataset["position"]) - Number(b.dataset["position"]))
    .map((row) => Number(row.querySelector(".bgw-waiting-params")?.textContent?.match(/seed (\d+)/)?.[1] ?? -1));
}

export const order = ({ queue }: QueueKernel) => queue.tasks.map(({ params }) => params["seed"]);

/** Open the display, and the queue in it. */
export async function openQueue({ kernel }: QueueKernel, width = 900): Promise<HTMLElement> {
  const root = show(ProgressDisplay, kernel, width);
  await page.getByRole("button", { name: /^Queue/ }).click();
  await expect.poll(() => root.querySelector(".bgw-waiting .bgw-line-skeleton, .bgw-queue:not(:has(li))")).toBeNull();
  return root;
}

/** Where the pointer is for a row: a share of 1 is its lower edge. */
export function pointAt(root: HTMLElement, position: number, share = 0.5): { clientX: number; clientY: number } {
  const row = find(root, `[data-position="${position}"] .bgw-grip`).getBoundingClientRect();
  const box = find(root, `[data-position="${position}"]`).getBoundingClientRect();
  return { clientX: row.left + row.width / 2, clientY: box.top + box.height * share };
}
