/** What the side panel knows, made up in the page: kernels whose batches run, and projects with histories. */

import { type Signal, signal } from "@preact/signals";
import type { BatchesModel, KernelEntry, PanelActions, ProjectEntry, ProjectList } from "../src/lab/model";
import { RequestError } from "../src/state/link";
import type { BatchSummary, ProjectRef, SidebarRequests, SidebarSession, TaskCounts } from "../src/state/wire.gen";
import { type FakeKernel, fakeKernel } from "./fakeKernel";
import { answerHistory } from "./history";

type Command = keyof SidebarRequests;

export interface FakeBatches extends BatchesModel {
  readonly kernels: Signal<readonly KernelEntry[]>;
  readonly projects: Signal<ProjectList>;
  /** Every command so far, oldest first. */
  readonly commands: { kernel: string; method: Command; params: SidebarRequests[Command]["params"] }[];
  /** The kernels that read histories, by the key of their project; the last one that was opened. */
  readonly histories: Map<string, FakeKernel>;
  /** Lifetimes of all histories that were opened. */
  readonly lifetimes: AbortSignal[];
  refreshes: number;
  /** What happens to commands; by default the sessions change as those of a kernel would. */
  onCommand: (kernel: string, method: Command, params: SidebarRequests[Command]["params"]) => Promise<void>;
  /** Time passes for all batches that run. */
  tick(seconds: number): void;
  /** Put another value into a session. */
  change(session: string, change: (session: SidebarSession) => Partial<SidebarSession>): void;
}

const NONE: TaskCounts = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0, interrupted: 0 };

export function counts(change: Partial<TaskCounts>): TaskCounts {
  return { ...NONE, ...change };
}

export function project(name: string, folder = `studies/${name}`): ProjectRef {
  return { key: `key-${folder}`, name, folder: `/home/ada/${folder}` };
}

export function entry(ref: ProjectRef, change: Partial<ProjectEntry> = {}): ProjectEntry {
  return { ...ref, path: ref.folder.replace("/home/ada/", ""), batches: 12, problem: null, ...change };
}

export function batch(tasks: Partial<TaskCounts>, change: Partial<BatchSummary> = {}): BatchSummary {
  const all = counts(tasks);
  const now = Date.now() / 1000;
  return {
    id: "20251120-101500-a1b2c3",
    generator: "poster",
    status: "running",
    total: Object.values(all).reduce((sum, one) => sum + one, 0),
    counts: all,
    created_at: now - 90,
    started_at: now - 84,
    completed_at: null,
    eta_s: 71,
    rate_per_min: 8.4,
    failures: [],
    executor: { name: "thread", hard_cancel: false },
    ...change,
  };
}

export function session(id: string, change: Partial<SidebarSession> = {}): SidebarSession {
  const held = change.batch ?? null;
  const done = held ? held.total - held.counts.queued - held.counts.running : 0;
  return {
    id,
    generator: held?.generator ?? "poster",
    project: project("autumn-posters"),
    batch: held,
    queue: { paused: false, tasks: held?.counts.queued ?? 0, batches: held?.counts.queued ? 1 : 0, revision: 1 },
    progress: held ? (done + 0.4 * held.counts.running) / Math.max(1, held.total) : 0,
    widgets: ["w1"],
    ...change,
  };
}

export function kernel(id: string, change: Partial<KernelEntry> = {}): KernelEntry {
  return { id, titles: [`${id}.ipynb`], state: "live", sessions: [], ...change };
}

/** A panel's model that tests and the dev page change; `histories` says how many batches a project has. */
export function fakeBatches(
  kernels: readonly KernelEntry[],
  projects: Partial<ProjectList> = {},
  batches: (project: ProjectEntry) => number = (one) => one.batches ?? 0,
): FakeBatches {
  const model: FakeBatches = {
    kernels: signal(kernels),
    projects: signal({ entries: [], state: "here", problem: null, complete: true, ...projects }),
    commands: [],
    histories: new Map(),
    lifetimes: [],
    refreshes: 0,
    onCommand: async (_, method, { session: id }) => model.change(id, (held) => obey(held, method)),
    async command(id, method, params) {
      model.commands.push({ kernel: id, method, params });
      await model.onCommand(id, method, params);
    },
    historyOf(one, lifetime) {
      model.lifetimes.push(lifetime);
      const reader = fakeKernel();
      answerHistory(reader, batches(one));
      model.histories.set(one.key, reader);
      return reader;
    },
    refresh() {
      model.refreshes += 1;
    },
    tick(seconds) {
      for (const { id, batch: held } of model.kernels.peek().flatMap((one) => one.sessions)) {
        if (held?.status === "running") model.change(id, (one) => passed(one, seconds));
      }
    },
    change(id, change) {
      model.kernels.value = model.kernels.peek().map((one) => ({
        ...one,
        sessions: one.sessions.map((held) => (held.id === id ? { ...held, ...change(held) } : held)),
      }));
    },
  };
  return model;
}

/** What a session does with a command. */
function obey({ batch: held, queue }: SidebarSession, method: Command): Partial<SidebarSession> {
  if (method === "session.pause" || method === "session.resume") {
    const paused = method === "session.pause";
    const [from, to] = paused ? (["running", "paused"] as const) : (["paused", "running"] as const);
    return { queue: { ...queue, paused }, batch: held?.status === from ? { ...held, status: to } : held };
  }
  if (!held) throw new RequestError("StateError", "The session has no batch.");
  const { queued, running, cancelled, interrupted, failed } = held.counts;
  if (method === "session.cancel_batch") {
    const left = { queued: 0, running: 0, cancelled: cancelled + queued + running };
    const completed_at = Date.now() / 1000;
    return {
      queue: { ...queue, tasks: Math.max(0, queue.tasks - queued), batches: Math.max(0, queue.batches - 1) },
      batch: { ...held, status: "cancelled", completed_at, counts: { ...held.counts, ...left } },
    };
  }
  const again =
    method === "session.retry_failed"
      ? { queued: queued + failed, failed: 0 }
      : { queued: queued + cancelled + interrupted, cancelled: 0, interrupted: 0 };
  return {
    batch: {
      ...held,
      status: queue.paused ? "paused" : "running",
      completed_at: null,
      counts: { ...held.counts, ...again },
      failures: method === "session.retry_failed" ? [] : held.failures,
    },
  };
}

/** A session some seconds later: about one task of two seconds at a time. */
function passed(held: SidebarSession, seconds: number): Partial<SidebarSession> {
  if (!held.batch) return {};
  const { total, counts: now } = held.batch;
  const progress = Math.min(1, held.progress + seconds / 2 / total);
  const settled = Math.min(total, Math.floor(progress * total));
  const fresh = settled - (total - now.queued - now.running);
  if (fresh <= 0) return { progress };
  const running = Math.min(now.running || 1, total - settled);
  const after = { ...now, completed: now.completed + fresh, running, queued: total - settled - running };
  const over = settled === total;
  return {
    progress,
    batch: {
      ...held.batch,
      counts: after,
      eta_s: over ? null : 2 * (total - settled),
      status: over ? "completed" : "running",
      completed_at: over ? Date.now() / 1000 : null,
    },
    queue: { ...held.queue, tasks: Math.max(0, held.queue.tasks - (now.queued - after.queued)) },
  };
}

export interface FakeActions extends PanelActions {
  readonly newStudio: Signal<(() => void) | null>;
  /** What was asked for, in words. */
  readonly asked: string[];
}

export function fakeActions(): FakeActions {
  const asked: string[] = [];
  return {
    asked,
    showCell: (of, one) => void asked.push(`cell ${of.id} ${one.id}`),
    openView: (of, one, view) => void asked.push(`${view} ${of.id} ${one.id}`),
    openBatch: (of, one) => void asked.push(`batch ${of.key} ${one.id}`),
    newStudio: signal(() => void asked.push("studio")),
  };
}

const OUT_OF_MEMORY =
  "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free.\nReduce the size, or run fewer workers.";
const HOSTILE = '<img src=x onerror="alert(1)"> \u202e gnp.exe \u2066 in the snow\u0007';

const live = () => [
  kernel("k1", {
    titles: ["autumn-posters.ipynb"],
    sessions: [
      session("s1", {
        batch: batch(
          { completed: 11, failed: 2, running: 1, queued: 10 },
          {
            failures: [
              { error: OUT_OF_MEMORY, count: 1, first: 3 },
              { error: `ValueError: ${HOSTILE}`, count: 1, first: 7 },
            ],
          },
        ),
        queue: { paused: false, tasks: 46, batches: 3, revision: 1 },
      }),
    ],
  }),
  kernel("k2", {
    titles: ["upscaling.ipynb", "experiments/portraits-of-people-by-a-window.ipynb"],
    sessions: [
      session("s2", {
        batch: batch(
          { completed: 40, cancelled: 24 },
          {
            id: "b2",
            generator: "upscale_with_tiles_and_face_restoration",
            status: "cancelled",
            completed_at: Date.now() / 1000 - 600,
            started_at: Date.now() / 1000 - 815,
          },
        ),
        project: project("portraits", "work/clients/2025/portraits"),
      }),
      session("s3", { generator: "chime", project: project("sounds"), widgets: [] }),
    ],
  }),
];

const someProjects = (): ProjectEntry[] => [
  entry(project("autumn-posters"), { batches: 48 }),
  entry(project("portraits", "work/clients/2025/portraits"), { batches: 5000 }),
  entry(project("sounds"), { batches: 1 }),
  entry(project("from-last-year", "archive/2024/from-last-year"), {
    batches: null,
    problem: "It was made by an older version. Open it once in a notebook with bg.Project(…) to bring it up to date.",
  }),
  entry(project("scratch", "../scratch"), { path: null, batches: null }),
];

/** Situations worth looking at. */
export const PANEL_STATES: Record<string, () => FakeBatches> = {
  live: () => fakeBatches(live(), { entries: someProjects() }),
  empty: () => fakeBatches([]),
  idle: () => fakeBatches([], { entries: someProjects().slice(0, 3) }),
  loading: () =>
    fakeBatches([kernel("k1", { titles: ["autumn-posters.ipynb"], state: "connecting" })], { state: "loading" }),
  many: () =>
    fakeBatches(
      Array.from({ length: 9 }, (_, k) =>
        kernel(`k${k}`, {
          titles: [`study-${k}.ipynb`],
          sessions: Array.from({ length: 1 + (k % 3) }, (_, s) =>
            session(`s${k}${s}`, {
              project: project(`study-${k}`),
              batch: batch(
                { completed: 3 * k + s, running: 1, queued: 30 - 2 * k, failed: k % 4 === 2 ? 1 : 0 },
                { id: `b${k}${s}`, generator: ["poster", "upscale", "chime"][s] ?? "poster" },
              ),
            }),
          ),
        }),
      ),
      {
        entries: Array.from({ length: 60 }, (_, i) =>
          entry(project(`study-${i}`, `studies/${2010 + (i % 15)}/study-${i}`), { batches: (i * 37) % 900 }),
        ),
        complete: false,
      },
    ),
  lost: () =>
    fakeBatches(
      live().map((one) => ({ ...one, state: "lost" as const })),
      { entries: someProjects() },
    ),
  absent: () =>
    fakeBatches(live().slice(0, 1), {
      entries: [entry(project("autumn-posters"), { path: null, batches: null })],
      state: "absent",
      problem: "This Jupyter server runs without the server extension of batchgen-widgets.",
    }),
  failed: () =>
    fakeBatches(live().slice(0, 1), {
      entries: [entry(project("autumn-posters"), { path: null, batches: null })],
      state: "failed",
      problem: "The Jupyter server does not answer.",
    }),
  halted: () => {
    const model = fakeBatches(live(), { entries: someProjects() });
    for (const method of ["session.pause", "session.cancel_batch"] as const)
      model.change("s1", (held) => obey(held, method));
    return model;
  },
  paused: () => {
    const model = fakeBatches(live(), { entries: someProjects() });
    model.change("s1", (held) => obey(held, "session.pause"));
    return model;
  },
};
