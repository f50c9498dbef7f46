/** What the tests of the progress display and the gallery share: a kernel with tasks and assets that are made up on demand. */

import axe from "axe-core";
import { type FunctionComponent, render } from "preact";
import { afterEach, expect, vi } from "vitest";
import { answerChoices } from "../dev/choices";
import { bytes, type FakeKernel, fakeKernel } from "../dev/fakeKernel";
import type { KernelLink } from "../src/state/link";
import {
  ASSET_KINDS,
  ASSET_MARKS,
  type AssetRecord,
  type BatchSummary,
  type Requests,
  TASK_STATUSES,
  type TaskCounts,
  type TaskRow,
} from "../src/state/wire.gen";

const mounted: HTMLElement[] = [];
afterEach(() => {
  for (const root of mounted.splice(0)) close(root);
});

export function show(View: FunctionComponent<{ link: KernelLink }>, link: KernelLink, width = 900): HTMLElement {
  const root = document.createElement("div");
  root.className = "bgw-root";
  root.style.width = `${width}px`;
  document.body.append(root);
  mounted.push(root);
  render(<View link={link} />, root);
  return root;
}

export function close(root: HTMLElement): void {
  render(null, root);
  root.remove();
}

/** An element that has to be there. */
export function find(root: ParentNode, selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}

export function frames(count = 2): Promise<void> {
  return new Promise((resolve) => {
    const step = (left: number) => (left ? requestAnimationFrame(() => step(left - 1)) : resolve());
    step(count);
  });
}

export const repeat = (count: number, value: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => value(i));

/** What was asked with one method. */
export function asked<M extends keyof Requests>(kernel: FakeKernel, method: M): Requests[M]["params"][] {
  return kernel.requests.flatMap((one) => (one.method === method ? [one.params as Requests[M]["params"]] : []));
}

export function countTasks(statuses: readonly number[]): TaskCounts {
  const counts: TaskCounts = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0, interrupted: 0 };
  for (const code of statuses) counts[TASK_STATUSES[code] ?? "queued"] += 1;
  return counts;
}

export function batchOf(statuses: readonly number[], change: Partial<BatchSummary> = {}): BatchSummary {
  return {
    id: "b1",
    generator: "poster",
    status: "running",
    total: statuses.length,
    counts: countTasks(statuses),
    created_at: 1000,
    started_at: 1000,
    completed_at: null,
    eta_s: 30,
    rate_per_min: 24,
    failures: [],
    executor: { name: "thread", hard_cancel: false },
    ...change,
  };
}

export function rowOf(index: number, status: TaskRow["status"]): TaskRow {
  const failed = status === "failed";
  return {
    index,
    id: `t${index}`,
    status,
    progress: null,
    message: null,
    params: { prompt: "a lake at dawn", seed: 100 + index, cfg_scale: 7.5 },
    varied: ["seed", "cfg_scale"],
    error: failed ? `ValueError: task ${index} broke` : null,
    traceback: failed ? `Traceback (most recent call last):\n  line ${index}` : null,
    log: failed ? "loading weights" : null,
    attempt: 1,
    started_at: 1000,
    completed_at: failed || status === "completed" ? 1002 : null,
    assets: [],
  };
}

/** A kernel that runs a batch: `statuses` are the codes of its tasks. */
export function batchKernel(statuses: number[], change: Partial<BatchSummary> = {}): FakeKernel {
  const kernel = fakeKernel({
    batch: batchOf(statuses, change),
    task_status: bytes(statuses),
    running: statuses.flatMap((code, index) =>
      code === 1 ? [{ index, progress: 0.5, message: "step 10 of 20", preview: 0, started_at: 1000 }] : [],
    ),
  });
  kernel.on("clock", () => ({ now: 1015 }));
  kernel.on("tasks.get", ({ start, stop }) => {
    const codes = kernel.trait("task_status").value;
    return {
      rows: repeat(stop - start, (i) => start + i).map((index) =>
        rowOf(index, TASK_STATUSES[codes.getUint8(index)] ?? "queued"),
      ),
    };
  });
  for (const method of [
    "batch.cancel",
    "batch.retry_failed",
    "batch.resume",
    "batch.stop",
    "queue.pause",
    "queue.resume",
    "task.cancel",
    "task.retry",
  ] as const) {
    kernel.on(method, () => ({}));
  }
  return kernel;
}

/** Sets the tasks' codes and the batch as a kernel would. */
export function setTasks(kernel: FakeKernel, statuses: number[], change: Partial<BatchSummary> = {}): void {
  kernel.set("task_status", bytes(statuses));
  kernel.set("batch", batchOf(statuses, change));
  kernel.set(
    "running",
    statuses.flatMap((code, index) =>
      code === 1 ? [{ index, progress: 0.5, message: null, preview: 0, started_at: 1000 }] : [],
    ),
  );
}

/** A real picture, 8 pixels wide. */
export async function tinyPicture(colour = "#4a7"): Promise<DataView> {
  const canvas = new OffscreenCanvas(8, 8);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.fillStyle = colour;
  context.fillRect(0, 0, 8, 8);
  return new DataView(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

export function recordOf(position: number, kind: AssetRecord["kind"] = "image"): AssetRecord {
  const suffix = { image: "png", video: "mp4", audio: "wav" }[kind];
  return {
    position,
    id: `a${position}`,
    name: `${String(position).padStart(4, "0")}_lake.${suffix}`,
    kind,
    width: kind === "audio" ? null : 512,
    height: kind === "audio" ? null : 384,
    duration: kind === "image" ? null : 3,
    file_size: 12_345,
    created_at: 1000,
    params: { prompt: "a lake at dawn", seed: 100 + position, cfg_scale: 7.5 },
    metrics: { clip_score: 0.31 },
    task_index: position,
    alt: `a lake at dawn, seed ${100 + position}`,
    path: `project/assets/${position}.${suffix}`,
    task_seconds: 1.5,
    parents: [],
  };
}

/** A kernel with a gallery; marks are kept and undone as the real one does. */
export function galleryKernel(total: number, marks: number[] = [], kinds: number[] = []): FakeKernel {
  let held = repeat(total, (i) => marks[i] ?? 0);
  const past: number[][] = [];
  const kernel = fakeKernel({
    gallery: { source: "b1", title: "", total, undoable: false, offers: [] },
    asset_kinds: bytes(repeat(total, (i) => kinds[i] ?? 0)),
    asset_marks: bytes(held),
  });
  const show = () => {
    kernel.set("asset_marks", bytes(held));
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), undoable: past.length > 0 });
  };
  const keep = (next: number[]) => {
    past.push(held);
    held = next;
    show();
    return {};
  };
  answerChoices(kernel, (position) => recordOf(position, ASSET_KINDS[kinds[position] ?? 0]));
  const picture = tinyPicture();
  kernel.on("assets.get", ({ positions }) => ({
    records: positions.map((position) => recordOf(position, ASSET_KINDS[kinds[position] ?? 0])),
  }));
  kernel.on("assets.thumbnails", async ({ positions }) => {
    const buffer = await picture;
    return {
      result: { items: positions.map((position) => ({ position, type: "image/png" })) },
      buffers: positions.map(() => buffer),
    };
  });
  kernel.on("assets.media", async () => {
    const buffer = await picture;
    return { result: { size: buffer.byteLength, type: "image/png", offset: 0, next: null }, buffers: [buffer] };
  });
  kernel.on("assets.mark", ({ positions, mark }) =>
    keep(held.map((code, i) => (positions.includes(i) ? (mark ? ASSET_MARKS.indexOf(mark) : 0) : code))),
  );
  kernel.on("assets.clear_marks", () => keep(held.map(() => 0)));
  kernel.on("assets.undo", () => {
    held = past.pop() ?? held;
    show();
    return {};
  });
  return kernel;
}

/** More results, as when tasks finish. */
export function addAssets(kernel: FakeKernel, total: number): void {
  kernel.set("asset_kinds", bytes(repeat(total, () => 0)));
  kernel.set("asset_marks", bytes(repeat(total, () => 0)));
  kernel.set("gallery", { source: "b1", title: "", total, undoable: false, offers: [] });
}

/** Whether axe finds anything against WCAG 2.2 A and AA, in the light and in the dark theme. */
export async function expectAccessible(root: HTMLElement): Promise<void> {
  const before = document.body.style.background;
  for (const dark of [false, true]) {
    root.classList.toggle("bgw-dark", dark);
    document.body.style.background = dark ? "#16181c" : "#fff";
    await frames();
    for (const animation of root.getAnimations({ subtree: true })) animation.cancel();
    const { violations } = await axe.run(root, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      rules: { region: { enabled: false } },
    });
    const found = violations.map(
      ({ id, nodes }) => `${dark ? "dark" : "light"} ${id}: ${nodes.map(({ html }) => html).join(" ")}`,
    );
    expect(found).toEqual([]);
  }
  root.classList.remove("bgw-dark");
  document.body.style.background = before;
}

/** How many object URLs are open, from now on. */
export function watchUrls(): () => number {
  // What an earlier test opened may be closed now.
  const made = vi.spyOn(URL, "createObjectURL");
  const gone = vi.spyOn(URL, "revokeObjectURL");
  return () => {
    const closed = new Set(gone.mock.calls.map(([url]) => url));
    return made.mock.results.filter(({ value }) => !closed.has(value as string)).length;
  };
}

export { bytes };
