/** A kernel with a batch whose tasks, results and columns are made up from a few values. */

import { writeColumns } from "../dev/columns";
import { bytes, type FakeKernel, fakeKernel } from "../dev/fakeKernel";
import { RequestError } from "../src/state/link";
import {
  ASSET_KINDS,
  ASSET_MARKS,
  type AssetRecord,
  type BatchSummary,
  TASK_STATUSES,
  type TaskRow,
} from "../src/state/wire.gen";

export type Value = string | number | boolean | null;
export type Params = Record<string, Value>;
type Status = TaskRow["status"];

export interface TaskSpec {
  params: Params;
  status?: Status;
  /** How many results it has made; 1 where it is completed. */
  assets?: number;
  metrics?: Params;
  error?: string;
}

interface Options {
  /** The code of each result's mark. */
  marks?: number[];
  kinds?: number[];
  /** Whether the widget hears of batches; a gallery on its own does not. */
  hearsBatch?: boolean;
  /** A fixed list of results, without tasks. */
  isList?: boolean;
  thumbnail?: (record: AssetRecord) => Promise<DataView>;
  media?: (record: AssetRecord) => Promise<DataView>;
}

export interface SweepKernel extends FakeKernel {
  readonly tasks: TaskSpec[];
  /** Another status for a task; a completed one has a result from then on. */
  finish(index: number, status: Status, error?: string): void;
}

const names = (all: readonly Params[]) => [...new Set(all.flatMap(Object.keys))];

async function tinyPicture(): Promise<DataView> {
  const canvas = new OffscreenCanvas(8, 8);
  canvas.getContext("2d")?.fillRect(0, 0, 8, 8);
  return new DataView(await (await canvas.convertToBlob()).arrayBuffer());
}

export function sweepKernel(given: readonly TaskSpec[], options: Options = {}): SweepKernel {
  const tasks = given.map((task) => ({ ...task }));
  const { marks = [], kinds = [], hearsBatch = true, isList = false } = options;
  const assets: { task: number; record: AssetRecord; mark: number }[] = [];
  const past: number[][] = [];
  const statusOf = (task: TaskSpec): Status => task.status ?? "completed";
  const varied = names(tasks.map(({ params }) => params)).filter(
    (name) => new Set(tasks.map(({ params }) => params[name])).size > 1,
  );
  const source = isList ? "list" : "b1";

  const add = (index: number) => {
    const task = tasks[index];
    if (!task || statusOf(task) !== "completed") return;
    for (let i = 0; i < (task.assets ?? 1); i += 1) {
      const position = assets.length;
      const kind = ASSET_KINDS[kinds[position] ?? 0] ?? "image";
      const record: AssetRecord = {
        position,
        id: `a${position}`,
        name: `${position}.png`,
        kind,
        width: kind === "audio" ? null : 512,
        height: kind === "audio" ? null : 384,
        duration: kind === "image" ? null : 3,
        file_size: 1000,
        created_at: 1000,
        params: task.params,
        metrics: task.metrics ?? {},
        task_index: index,
        alt: `result ${position}`,
        path: `${position}.png`,
        task_seconds: 1.5,
        parents: [],
      };
      assets.push({ task: index, record, mark: marks[position] ?? 0 });
    }
  };
  tasks.forEach((_, index) => {
    add(index);
  });

  const kernel = fakeKernel();
  const summary = (): BatchSummary => {
    const counts = { queued: 0, running: 0, completed: 0, failed: 0, cancelled: 0, interrupted: 0 };
    for (const task of tasks) counts[statusOf(task)] += 1;
    return {
      id: source,
      generator: "poster",
      status: counts.queued + counts.running ? "running" : "completed",
      total: tasks.length,
      counts,
      created_at: 1000,
      started_at: 1000,
      completed_at: null,
      eta_s: null,
      rate_per_min: null,
      failures: [],
      executor: { name: "thread", hard_cancel: false },
    };
  };
  const show = () => {
    if (hearsBatch && !isList) {
      kernel.set("batch", summary());
      kernel.set("task_status", bytes(tasks.map((task) => TASK_STATUSES.indexOf(statusOf(task)))));
    }
    kernel.set("asset_kinds", bytes(assets.map(({ record }) => ASSET_KINDS.indexOf(record.kind))));
    kernel.set("asset_marks", bytes(assets.map(({ mark }) => mark)));
    kernel.set("asset_selected", bytes(assets.map(() => 0)));
    kernel.set("gallery", { source, title: "", total: assets.length, undoable: past.length > 0, offers: [] });
  };
  show();

  kernel.on("assets.columns", ({ start, stop }) =>
    writeColumns(
      assets.map(({ task, record: { params, metrics } }) => ({ params, metrics, facts: { task } })),
      start,
      stop,
    ),
  );
  kernel.on("cells.get", ({ start, stop }) => {
    if (isList) throw new RequestError("StateError", "this gallery shows a list of assets, which has no tasks");
    const ofVaried = ({ params }: TaskSpec) => Object.fromEntries(varied.map((name) => [name, params[name] ?? null]));
    return writeColumns(
      tasks.map((task, index) => ({
        params: ofVaried(task),
        metrics: {},
        facts: { status: statusOf(task), task: index },
      })),
      start,
      stop,
    );
  });
  kernel.on("tasks.get", ({ start, stop }) => ({
    rows: tasks.slice(start, stop).map(
      (task, i): TaskRow => ({
        index: start + i,
        id: `t${start + i}`,
        status: statusOf(task),
        progress: null,
        message: null,
        params: task.params,
        varied,
        error: task.error ?? null,
        traceback: null,
        log: null,
        attempt: 1,
        started_at: null,
        completed_at: null,
        assets: [],
      }),
    ),
  }));
  kernel.on("assets.get", ({ positions }) => ({ records: positions.flatMap((one) => assets[one]?.record ?? []) }));
  const picture = tinyPicture();
  const drawn = (positions: readonly number[], draw: Options["thumbnail"]) =>
    Promise.all(positions.flatMap((one) => (assets[one] ? [draw ? draw(assets[one].record) : picture] : [])));
  kernel.on("assets.thumbnails", async ({ positions }) => ({
    result: { items: positions.map((position) => ({ position, type: "image/png" })) },
    buffers: await drawn(positions, options.thumbnail),
  }));
  kernel.on("assets.media", async ({ position }) => {
    const buffers = await drawn([position], options.media);
    return { result: { size: buffers[0]?.byteLength ?? 0, type: "image/png", offset: 0, next: null }, buffers };
  });
  kernel.on("assets.mark", ({ positions, mark }) => {
    past.push(assets.map((asset) => asset.mark));
    for (const position of positions) {
      const asset = assets[position];
      if (asset) asset.mark = mark ? ASSET_MARKS.indexOf(mark) : 0;
    }
    show();
    return {};
  });
  kernel.on("assets.undo", () => {
    past.pop()?.forEach((mark, i) => {
      const asset = assets[i];
      if (asset) asset.mark = mark;
    });
    show();
    return {};
  });
  kernel.on("query.set", ({ query }) => {
    kernel.set("query", query);
    return {};
  });
  return Object.assign(kernel, {
    tasks,
    finish(index: number, status: Status, error?: string) {
      Object.assign(tasks[index] ?? {}, { status, error });
      add(index);
      show();
    },
  });
}

/** Every combination of some values. */
export function grid(values: Record<string, readonly Value[]>): Params[] {
  return Object.entries(values).reduce<Params[]>(
    (rows, [name, all]) => rows.flatMap((row) => all.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}
