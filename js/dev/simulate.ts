/** A kernel in the page that plans, runs and keeps batches, so that the studio can be used without Python. */

import type { KernelLink } from "../src/state/link";
import { RequestError } from "../src/state/link";
import type { AssetRecord, BatchSummary, RunningTask, Settings, TaskRow } from "../src/state/wire.gen";
import { TASK_STATUSES } from "../src/state/wire.gen";
import { answerChoices } from "./choices";
import { bytes, type FakeKernel, fakeKernel, POSTER, SETTINGS } from "./fakeKernel";
import { paint } from "./pictures";
import { makePlan, type Params } from "./plan";
import { answerQueue } from "./queue";

interface Run {
  id: string;
  tasks: TaskRow[];
  cancelled: boolean;
  created: number;
  started: number | null;
  completed: number | null;
}

const WORKERS = 2;
const TICK_MS = 120;
const now = () => Date.now() / 1000;

export interface Simulation extends FakeKernel {
  /** Advance the running tasks once; the page does so on a timer. */
  tick(): void;
}

export function simulate(settings: Settings = SETTINGS): Simulation {
  const first = makePlan(POSTER, settings).preview;
  const kernel = fakeKernel({ generator: POSTER, settings, plan: first });
  const runs: Run[] = [];
  const assets: (AssetRecord & { mark: number })[] = [];
  const undone: { position: number; mark: number }[][] = [];
  let paused = false;

  const current = () =>
    runs.find((run) => count(run, "running")) ??
    runs.find((run) => run.id === queue.tasks[0]?.batch) ??
    runs.find((run) => run.completed === null) ??
    runs.at(-1);
  const find = (id: string): Run => {
    const run = runs.find((other) => other.id === id);
    if (!run) throw new RequestError("StateError", `There is no batch ${id}.`);
    return run;
  };
  const count = (run: Run, status: TaskRow["status"]) => run.tasks.filter((task) => task.status === status).length;

  const summary = (run: Run): BatchSummary => {
    const counts: BatchSummary["counts"] = {
      queued: count(run, "queued"),
      running: count(run, "running"),
      completed: count(run, "completed"),
      failed: count(run, "failed"),
      cancelled: count(run, "cancelled"),
      interrupted: count(run, "interrupted"),
    };
    const left = counts.queued + counts.running;
    const took = run.started === null ? 0 : now() - run.started;
    const rate = counts.completed && took ? counts.completed / took : null;
    const ended = run.cancelled ? "cancelled" : counts.completed ? "completed" : "failed";
    return {
      id: run.id,
      generator: POSTER.name,
      status: !left ? ended : paused ? "paused" : run.started === null ? "pending" : "running",
      total: run.tasks.length,
      counts,
      created_at: run.created,
      started_at: run.started,
      completed_at: run.completed,
      eta_s: rate && left ? left / rate : null,
      rate_per_min: rate && rate * 60,
      failures: failuresOf(run),
      executor: { name: "thread", hard_cancel: false },
    };
  };

  const publish = () => {
    const run = current();
    kernel.set("batch", run ? summary(run) : null);
    kernel.set("queue", {
      paused,
      tasks: queue.tasks.length,
      batches: new Set(queue.tasks.map(({ batch }) => batch)).size,
      revision: queue.revision(),
    });
    kernel.set("task_status", bytes(run?.tasks.map(({ status }) => TASK_STATUSES.indexOf(status)) ?? []));
    const running: RunningTask[] = (run?.tasks ?? [])
      .filter(({ status }) => status === "running")
      .map(({ index, progress, message, started_at }) => ({
        index,
        progress,
        message,
        preview: Math.floor((progress ?? 0) * 6),
        started_at: started_at ?? now(),
      }));
    kernel.set("running", running);
    kernel.set("asset_kinds", bytes(assets.map(() => 0)));
    kernel.set("asset_marks", bytes(assets.map(({ mark }) => mark)));
    kernel.set("gallery", {
      source: runs.length ? "session" : "",
      title: "",
      total: assets.length,
      undoable: undone.length > 0,
      offers: [],
    });
  };

  const queue = answerQueue(kernel, publish, (removed) => {
    for (const { batch, index } of removed) stop(find(batch).tasks[index]);
  });

  const finish = (run: Run, task: TaskRow) => {
    task.completed_at = now();
    task.progress = 1;
    if (task.index % 11 === 6) {
      task.status = "failed";
      task.error = task.index % 3 ? "RuntimeError: CUDA out of memory" : "ValueError: the seed gave a black image";
      task.traceback = `Traceback (most recent call last):\n  File "poster.py", line 31, in poster\n    image = pipe(prompt, steps)\n${task.error}`;
      return;
    }
    task.status = "completed";
    const position = assets.length;
    task.assets = [position];
    const name = `${String(task.index).padStart(4, "0")}_poster_seed-${task.params["seed"]}.png`;
    assets.push({
      position,
      id: `${run.id}-${task.index}`,
      name,
      kind: "image",
      width: Number(task.params["width"]),
      height: Number(task.params["height"]),
      duration: null,
      file_size: 612_345,
      created_at: now(),
      params: task.params,
      metrics: { sharpness: 0.42 },
      task_index: task.index,
      alt: String(task.params["prompt"]),
      path: `my-project/assets/${name}`,
      task_seconds: 1.5,
      parents: [],
      mark: 0,
    });
  };

  const tick = () => {
    const run = current();
    if (!run || run.completed !== null) return;
    run.started ??= now();
    const running = runs.flatMap((other) => other.tasks.map((task) => ({ other, task })));
    for (const { other, task } of running) {
      if (task.status !== "running") continue;
      task.progress = Math.min(1, (task.progress ?? 0) + 0.03 + Math.random() * 0.05);
      task.message = `Step ${Math.round(task.progress * 20)} of 20`;
      if (task.progress >= 1) finish(other, task);
    }
    while (!paused && queue.tasks.length && runs.reduce((sum, other) => sum + count(other, "running"), 0) < WORKERS) {
      const next = queue.tasks.shift();
      const owner = next && find(next.batch);
      if (!next || !owner) break;
      owner.started ??= now();
      Object.assign(owner.tasks[next.index] ?? {}, { status: "running", started_at: now(), progress: 0 });
      queue.changed();
    }
    for (const other of runs) {
      if (!other.tasks.some(({ status }) => status === "queued" || status === "running")) other.completed ??= now();
    }
    publish();
  };

  const stop = (task: TaskRow | undefined) => {
    if (task?.status === "queued" || task?.status === "running") {
      Object.assign(task, { status: "cancelled", completed_at: now() });
      const batch = task.id.slice(0, task.id.lastIndexOf("-"));
      if (queue.take(batch, task.index)) queue.changed();
    }
  };
  const wait = (run: Run, tasks: TaskRow[]) => {
    queue.tasks.push(
      ...tasks.map(({ index, params, varied }) => ({ batch: run.id, index, params, varied, generator: POSTER.name })),
    );
    queue.changed();
  };
  const again = (run: Run, task: TaskRow | undefined) => {
    if (!task) return;
    Object.assign(task, { status: "queued", error: null, traceback: null, progress: null, attempt: task.attempt + 1 });
    Object.assign(run, { completed: null, cancelled: false });
    wait(run, [task]);
  };
  const mark = (positions: number[], value: number) => {
    undone.push(positions.map((position) => ({ position, mark: assets[position]?.mark ?? 0 })));
    for (const position of positions) Object.assign(assets[position] ?? {}, { mark: value });
    publish();
  };

  kernel.on("clock", () => ({ now: now() }));
  kernel.on("settings.update", ({ base, config }) => {
    const old = kernel.trait("settings").value ?? settings;
    if (base?.["note"] === "refuse") {
      throw new RequestError("ParameterError", "note is refused", [
        { field: "base.note", message: "“refuse” is not allowed; say anything else." },
      ]);
    }
    const next: Settings = { base: { ...old.base, ...base }, config: config ?? old.config };
    kernel.set("settings", next);
    kernel.set("plan", makePlan(POSTER, next).preview);
    return {};
  });
  kernel.on("batch.start", () => {
    const { preview, tasks } = makePlan(POSTER, kernel.trait("settings").value ?? settings);
    if (!preview.ok) throw new RequestError("ConfigError", "The plan is not possible.", preview.errors);
    const id = `20250301-101500-${(0xa1b2c + 7919 * runs.length).toString(16)}`;
    const run: Run = {
      id,
      tasks: tasks.map((params, index) => taskRow(id, index, params, preview.columns)),
      cancelled: false,
      created: now(),
      started: null,
      completed: null,
    };
    runs.push(run);
    wait(run, run.tasks);
    return { batch: id, count: tasks.length };
  });
  kernel.on("batch.cancel", ({ batch }) => {
    const run = find(batch);
    run.cancelled = true;
    run.tasks.forEach(stop);
    return {};
  });
  kernel.on("batch.stop", ({ batch, how }) => {
    paused = true;
    if (how === "now") for (const task of find(batch).tasks) if (task.status === "running") stop(task);
    publish();
    return {};
  });
  kernel.on("batch.retry_failed", ({ batch }) => {
    const run = find(batch);
    for (const task of run.tasks) if (task.status === "failed") again(run, task);
    return {};
  });
  kernel.on("batch.resume", ({ batch }) => {
    const run = find(batch);
    run.cancelled = false;
    for (const task of run.tasks) if (task.status === "cancelled" || task.status === "interrupted") again(run, task);
    return {};
  });
  kernel.on("task.cancel", ({ batch, index }) => {
    stop(find(batch).tasks[index]);
    return {};
  });
  kernel.on("task.retry", ({ batch, index }) => {
    const run = find(batch);
    again(run, run.tasks[index]);
    return {};
  });
  kernel.on("queue.pause", () => {
    paused = true;
    publish();
    return {};
  });
  kernel.on("queue.resume", () => {
    paused = false;
    publish();
    return {};
  });
  kernel.on("tasks.get", ({ batch, start, stop: end }) => ({
    rows: find(batch)
      .tasks.slice(start, end)
      .map((task) => ({ ...task })),
  }));
  kernel.on("tasks.preview", async ({ batch, index }) => {
    const task = find(batch).tasks[index];
    const progress = task?.progress ?? 0;
    const picture = await paint(task?.params ?? {}, 128, 128, 1 - progress);
    return { result: { version: Math.floor(progress * 6), type: "image/webp" }, buffers: [picture] };
  });
  kernel.on("assets.get", ({ positions }) => ({ records: positions.flatMap((position) => assets[position] ?? []) }));
  kernel.on("assets.thumbnails", async ({ positions }) => ({
    result: { items: positions.map((position) => ({ position, type: "image/webp" })) },
    buffers: await Promise.all(positions.map((position) => paint(assets[position]?.params ?? {}, 256, 256))),
  }));
  kernel.on("assets.media", async ({ position, offset }) => {
    const picture = await paint(assets[position]?.params ?? {}, 1024, 1024);
    return { result: { size: picture.byteLength, type: "image/webp", offset, next: null }, buffers: [picture] };
  });
  kernel.on("assets.mark", ({ positions, mark: wanted }) => {
    mark(positions, wanted === "favorite" ? 1 : wanted === "discarded" ? 2 : 0);
    return {};
  });
  kernel.on("assets.clear_marks", () => {
    mark(
      assets.map(({ position }) => position),
      0,
    );
    return {};
  });
  kernel.on("assets.undo", () => {
    for (const { position, mark: value } of undone.pop() ?? []) Object.assign(assets[position] ?? {}, { mark: value });
    publish();
    return {};
  });
  answerChoices(kernel, (position) => {
    const found = assets[position];
    if (!found) throw new RequestError("StateError", `There is no result ${position}.`);
    return found;
  });
  return Object.assign(kernel, { tick });
}

function taskRow(batch: string, index: number, params: Params, varied: string[]): TaskRow {
  return {
    index,
    id: `${batch}-${index}`,
    status: "queued",
    progress: null,
    message: null,
    params,
    varied,
    error: null,
    traceback: null,
    log: null,
    attempt: 1,
    started_at: null,
    completed_at: null,
    assets: [],
  };
}

function failuresOf({ tasks }: Run): BatchSummary["failures"] {
  const groups = new Map<string, BatchSummary["failures"][number]>();
  for (const { status, error, index } of tasks) {
    if (status !== "failed" || error === null) continue;
    const group = groups.get(error) ?? { error, count: 0, first: index };
    groups.set(error, { ...group, count: group.count + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, 5);
}

/** The same kernel, with the answers of one a network away. */
export function slow(kernel: KernelLink, ms: number): KernelLink {
  return {
    trait: (key) => kernel.trait(key),
    request: async (method, params) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return kernel.request(method, params);
    },
  };
}

export { TICK_MS };
