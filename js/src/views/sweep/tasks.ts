/** The tasks of a batch: what varies between them, and how each one stands. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Column, ColumnStore, cellOf } from "../../state/columns";
import type { GalleryModel } from "../../state/gallery";
import { RequestError } from "../../state/link";
import { WindowCache } from "../../state/windowCache";
import { type BatchSummary, TASK_STATUSES, type TaskRow } from "../../state/wire.gen";
import type { Value } from "./scale";
import type { Rows, TaskStatus } from "./table";

/** A gallery on its own hears nothing of tasks that don't succeed, so it asks now and then, the less often the more there are. */
const ASK_AGAIN_MS = 3000;
const ASK_AGAIN_PER_TASK_MS = 1.5;
/** How many tasks a request for errors passes by, to have them in one. */
const GAP = 20;
const ERRORS_HELD = 2000;
const ERRORS_PER_REQUEST = 100;

const isStatus = (value: Value): value is TaskStatus => (TASK_STATUSES as readonly Value[]).includes(value);

function valuesOf(column: Column, count: number): Value[] {
  return Array.from({ length: count }, (_, row) => cellOf(column, row));
}

/** What differs between the results of a fixed list, which has no tasks. */
function variedColumns({ all }: Pick<ColumnStore, "all">, count: number): Map<string, readonly Value[]> {
  const columns = new Map<string, readonly Value[]>();
  for (const column of all) {
    if (column.group !== "parameter") continue;
    const values = valuesOf(column, count);
    if (values.some((value) => value !== values[0])) columns.set(column.name, values);
  }
  return columns;
}

/** Runs of rows that are near each other. */
function runs(indices: readonly number[]): [start: number, stop: number][] {
  const found: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && index - last[1] < GAP) last[1] = index + 1;
    else found.push([index, index + 1]);
  }
  return found;
}

export class SweepTasks {
  readonly #model: GalleryModel;
  /** The tasks on show; another store takes its place when it has them all. */
  readonly #store = signal<ColumnStore | null>(null);
  readonly #isList = signal(false);
  readonly #problem = signal<string | null>(null);
  readonly #errors: WindowCache<string>;
  readonly #stop: (() => void)[] = [];
  #next: ColumnStore | null = null;
  #leaveNext: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #askedAt = 0;

  /** Whether anybody looks. */
  readonly watched = signal(false);
  /** What there is to lay out; null until it is here. */
  readonly rows: ReadonlySignal<Rows | null>;

  constructor(model: GalleryModel) {
    this.#model = model;
    this.rows = computed(() => this.#rows());
    this.#errors = new WindowCache({
      capacity: ERRORS_HELD,
      chunk: ERRORS_PER_REQUEST,
      fetch: (indices) => this.#fetchErrors(indices),
    });
    this.refresh();
    // Tasks that were added since, and, where nobody else tells, those that came to an end without a result.
    this.#stop.push(
      effect(() => {
        if (!this.watched.value) return;
        const summary = this.#batch();
        const held = this.#store.value?.loaded.value;
        if (summary && held !== undefined && summary.total > held) this.#refreshSoon();
        if (!summary && this.#unfinished()) this.#refreshSoon();
      }),
    );
  }

  get problem(): ReadonlySignal<string | null> {
    return this.#problem;
  }

  statusOf = (row: number): TaskStatus => {
    if (this.#isList.value) return "completed";
    const batch = this.#batch();
    const bytes = batch && this.#model.link.trait("task_status").value;
    const index = this.#number("task", row);
    if (bytes && index < bytes.byteLength) return TASK_STATUSES[bytes.getUint8(index)] ?? "queued";
    const column = this.#store.value?.get("field", "status");
    const told = column ? cellOf(column, row) : null;
    return isStatus(told) ? told : "queued";
  };

  /** Why a task failed, in one line; null where that is not known. */
  errorOf = (row: number): string | null => {
    const column = this.#store.value?.get("field", "error");
    const told = column ? cellOf(column, row) : null;
    return typeof told === "string" ? told : (this.#errors.get(this.#number("task", row)) ?? null);
  };

  /** Ask why these failed, as far as it is not known. */
  wantErrors(rows: readonly number[]): void {
    if (this.#isList.peek()) return;
    this.#errors.want(rows.map((row) => this.#number("task", row)));
  }

  /** Fetch all of it anew; what is here stays on show meanwhile. */
  refresh(): void {
    this.#problem.value = null;
    this.#askedAt = Date.now();
    this.#leaveNext();
    const { link, source } = this.#model;
    let total = Number.POSITIVE_INFINITY;
    let refused = false;
    const next = new ColumnStore({
      total: () => total,
      fetch: async (start, stop) => {
        try {
          const reply = await link.request("cells.get", { source, start, stop });
          total = reply.result.total;
          return reply;
        } catch (error) {
          // A list of assets has no tasks. A kernel that is busy says nothing of the kind.
          refused = error instanceof RequestError && error.type !== "NoAnswer" && error.type !== "Closed";
          throw error;
        }
      },
    });
    this.#next = next;
    next.need();
    const stop = effect(() => {
      const { value: problem } = next.problem;
      if (next.complete.value) this.#take(next);
      else if (problem && refused) this.#isList.value = true;
      else if (problem) this.#problem.value = problem;
    });
    this.#leaveNext = () => {
      stop();
      if (this.#next !== next) return;
      next.close();
      this.#next = null;
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#leaveNext();
    for (const stop of this.#stop) stop();
    this.#store.peek()?.close();
    this.#errors.close();
  }

  #take(next: ColumnStore): void {
    const old = this.#store.peek();
    if (old === next) return;
    this.#next = null;
    this.#store.value = next;
    old?.close();
  }

  #refreshSoon(): void {
    if (this.#timer !== undefined || this.#next) return;
    const rest = ASK_AGAIN_MS + ASK_AGAIN_PER_TASK_MS * (this.#store.peek()?.loaded.peek() ?? 0);
    const wait = Math.max(0, this.#askedAt + rest - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#problem.peek()) this.refresh();
    }, wait);
  }

  /** The batch on show, where the widget hears of batches and this is the one. */
  #batch(): BatchSummary | null {
    const batch = this.#model.link.trait("batch").value as BatchSummary | null | undefined;
    return batch?.id === this.#model.source ? batch : null;
  }

  #unfinished(): boolean {
    const column = this.#store.value?.get("field", "status");
    if (column?.type !== "text") return false;
    const open = column.values.flatMap((value, code) => (value === "queued" || value === "running" ? [code] : []));
    return open.length > 0 && column.codes.some((code) => open.includes(code));
  }

  #number(field: string, row: number): number {
    const column = this.#store.value?.get("field", field);
    const value = column ? cellOf(column, row) : null;
    return typeof value === "number" ? value : row;
  }

  #rows(): Rows | null {
    const assets = this.#model.columns;
    if (this.#isList.value) {
      const count = assets.loaded.value;
      return { count, columns: variedColumns(assets, count), rowOf: (position) => position };
    }
    const store = this.#store.value;
    if (!store) return null;
    const count = store.loaded.value;
    const columns = new Map(
      store.all.flatMap((column) =>
        column.group === "parameter" ? [[column.name, valuesOf(column, count)] as const] : [],
      ),
    );
    const rowByTask = new Map(Array.from({ length: count }, (_, row) => [this.#number("task", row), row]));
    const rowOf = (position: number) => {
      const column = assets.get("field", "task");
      const task = column ? cellOf(column, position) : null;
      return typeof task === "number" ? rowByTask.get(task) : undefined;
    };
    return { count, columns, rowOf };
  }

  async #fetchErrors(indices: readonly number[]): Promise<Map<number, string>> {
    const { link, source } = this.#model;
    const replies = await Promise.all(
      runs(indices).map(([start, stop]) => link.request("tasks.get", { batch: source, start, stop })),
    );
    const rows: TaskRow[] = replies.flatMap(({ result }) => result.rows);
    return new Map(rows.flatMap(({ index, error }) => (error ? [[index, error] as const] : [])));
  }
}
