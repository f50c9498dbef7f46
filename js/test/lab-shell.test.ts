/** What the shell of the extension decides, without JupyterLab. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { describe, expect, it } from "vitest";
import { batch, type counts, kernel, session } from "../dev/lab";
import schema from "../schema/plugin.json";
import type { ViewSource } from "../src/lab/model";
import { type CellLike, findCell } from "../src/lab/shell/cells";
import { DEFAULTS } from "../src/lab/shell/defaults";
import { BatchEnds, describeEnd } from "../src/lab/shell/ends";
import { activeBatches, describeBatch, distinct, meant, overallProgress } from "../src/lab/shell/running";
import { batchBeside, serverPath, standsFor, tabId } from "../src/lab/shell/sources";

/** English, put together as JupyterLab does. */
const fill = (text: string, args: unknown[]) =>
  args.reduce<string>((all, arg, i) => all.replace(`%${i + 1}`, String(arg)), text);
const trans = {
  __: (text: string, ...args: unknown[]) => fill(text, args),
  _n: (one: string, many: string, n: number, ...args: unknown[]) => fill(n === 1 ? one : many, args),
} as TranslationBundle;

describe("settings", () => {
  it("have the defaults of their schema", () => {
    const properties: Record<string, { default: unknown }> = schema.properties;
    expect(Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.default]))).toEqual(DEFAULTS);
  });
});

describe("findCell", () => {
  const cell = (...views: (string | null)[]): CellLike => ({
    type: "code",
    outputs: {
      length: views.length,
      get: (i) => ({
        data: views[i] ? { "application/vnd.jupyter.widget-view+json": { model_id: views[i] } } : { "text/plain": "1" },
      }),
    },
  });

  it("finds the cell whose output has the widget, among outputs of other kinds", () => {
    expect(findCell([{ type: "markdown" }, cell(null, "w0"), cell(null, "w1")], ["w1"])).toBe(2);
  });

  it("takes the newest widget where several cells show the session", () => {
    expect(findCell([cell("w1"), cell("w3"), cell("w2")], ["w1", "w2", "w3"])).toBe(1);
  });

  it("finds nothing where nothing shows the session", () => {
    expect(findCell([cell("other"), cell(null), cell()], ["w1"])).toBe(-1);
    expect(findCell([cell(null)], [])).toBe(-1);
  });
});

describe("what runs", () => {
  const of = (id: string, change: Parameters<typeof batch>[1] = {}) =>
    batch({ running: 1, queued: 9 }, { id, ...change });

  it("counts a batch once, also where two sessions show it, and leaves out what is done or out of reach", () => {
    const active = activeBatches([
      kernel("a", { sessions: [session("s1", { batch: of("b1") }), session("s2", { batch: of("b1") })] }),
      kernel("b", { sessions: [session("s3", { batch: of("b2", { status: "completed" }) }), session("s4")] }),
      kernel("c", { state: "lost", sessions: [session("s5", { batch: of("b3") })] }),
    ]);
    expect(active.map((one) => one.session.id)).toEqual(["s1"]);
  });

  it("says how far all of it is, weighed by tasks, and when the last will be done", () => {
    const progress = overallProgress(
      activeBatches([
        kernel("a", { sessions: [session("s1", { batch: of("b1", { total: 30, eta_s: 130 }), progress: 0.5 })] }),
        kernel("b", { sessions: [session("s2", { batch: of("b2", { total: 10, eta_s: 20 }), progress: 0.9 })] }),
      ]),
      trans,
    );
    expect(progress?.text).toBe("2 batches 60 % · 3 min");
    expect(progress?.spoken).toBe("2 batches running, 60 % done, about 3 min left");
  });

  it("names no time where one is not known, and is not at 100 % before the end", () => {
    const sessions = [session("s1", { batch: of("b1", { eta_s: null }), progress: 0.999 })];
    expect(overallProgress(activeBatches([kernel("a", { sessions })]), trans)?.text).toBe("1 batch 99 %");
  });

  it("says nothing where nothing runs, as when all is paused", () => {
    const sessions = [session("s1", { batch: of("b1", { status: "paused" }) })];
    expect(overallProgress(activeBatches([kernel("a", { sessions })]), trans)).toBeNull();
    expect(overallProgress([], trans)).toBeNull();
  });

  it("takes the batches of the notebook in front for the active ones, else all", () => {
    const active = activeBatches(
      ["a", "b"].map((id) => kernel(id, { sessions: [session(`s-${id}`, { batch: of(`b-${id}`) })] })),
    );
    expect(meant(active, "b").map((one) => one.kernel.id)).toEqual(["b"]);
    expect(meant(active, "elsewhere")).toBe(active);
    expect(meant(active, null)).toBe(active);
  });

  it("offers choices that differ, in words that hide nothing", () => {
    const [one] = activeBatches([
      kernel("a", { sessions: [session("s1", { batch: of("b1", { generator: "x\u202ey" }), progress: 0.25 })] }),
    ]);
    expect(one && describeBatch(one)).toBe("x\\u202ey, 10 tasks, 25 %, a.ipynb");
    expect(distinct(["same", "other", "same", "same"])).toEqual(["same", "other", "same (2)", "same (3)"]);
  });
});

describe("BatchEnds", () => {
  const running = (id = "b1") => batch({ running: 1 }, { id });
  const done = (id = "b1", at = 100) => batch({ completed: 1 }, { id, status: "completed", completed_at: at });
  const at = (...batches: ReturnType<typeof batch>[]) => [
    kernel("a", { sessions: batches.map((one, i) => session(`s${i}`, { batch: one })) }),
  ];
  const heard = (ends: BatchEnds, ...batches: ReturnType<typeof batch>[]) =>
    ends.hear(at(...batches)).ended.map((one) => one.batch.id);

  it("tells of an end that the page saw coming, once", () => {
    const ends = new BatchEnds();
    expect(heard(ends, running())).toEqual([]);
    expect(heard(ends, done())).toEqual(["b1"]);
    expect(heard(ends, done())).toEqual([]);
  });

  it("tells nothing of what had ended before", () => {
    expect(heard(new BatchEnds(), done())).toEqual([]);
  });

  it("tells once of a batch that two sessions show, also when one of them is late", () => {
    const ends = new BatchEnds();
    heard(ends, running(), running());
    expect(heard(ends, done(), running())).toEqual(["b1"]);
    expect(heard(ends, done(), done())).toEqual([]);
  });

  it("tells again when the batch was resumed and ends anew", () => {
    const ends = new BatchEnds();
    heard(ends, running());
    heard(ends, done());
    heard(ends, running());
    expect(heard(ends, done("b1", 200))).toEqual(["b1"]);
  });

  it("asks for the end of a batch whose place another one took, once for each that takes it", () => {
    const ends = new BatchEnds();
    ends.hear(at(running("b1")));
    const replaced = (...batches: ReturnType<typeof batch>[]) =>
      ends.hear(at(...batches)).replaced.map((one) => one.batch.id);
    expect(replaced(running("b2"))).toEqual(["b1"]);
    expect(replaced(running("b2"))).toEqual([]);
    expect(replaced(running("b3"))).toEqual(["b1", "b2"]);
    const [kernelEntry] = at(done("b1"));
    const [shown] = kernelEntry?.sessions ?? [];
    if (!kernelEntry || !shown) throw new Error("no session");
    const seen = { kernel: kernelEntry, session: shown, batch: done("b1") };
    expect(ends.end(seen)).toBe(true);
    expect(ends.end(seen)).toBe(false);
  });

  it("waits where the session is gone: its kernel may come back", () => {
    const ends = new BatchEnds();
    ends.hear(at(running()));
    expect(ends.hear([])).toEqual({ ended: [], replaced: [] });
    expect(heard(ends, batch({ interrupted: 1 }, { id: "b1", status: "interrupted" }))).toEqual(["b1"]);
  });
});

describe("describeEnd", () => {
  const ended = (tasks: Parameters<typeof counts>[0], change: Parameters<typeof batch>[1] = {}) =>
    describeEnd(batch(tasks, { status: "completed", started_at: 1000, completed_at: 1075, ...change }), trans);

  it("tells success, warning and error apart", () => {
    expect(ended({ completed: 12 })).toEqual({ type: "success", message: "poster: 12 tasks done in 1 min 15 s." });
    const failures = [{ error: "ValueError: too \u202ewide", count: 2, first: 3 }];
    expect(ended({ completed: 10, failed: 2 }, { failures })).toEqual({
      type: "warning",
      message: "poster: 10 of 12 tasks done, 2 failed. ValueError: too \\u202ewide",
    });
    expect(ended({ failed: 1 }, { status: "failed" })).toEqual({ type: "error", message: "poster: 1 task failed." });
    expect(ended({ completed: 3, interrupted: 9 }, { status: "interrupted" })).toEqual({
      type: "error",
      message: "poster: interrupted after 3 of 12 tasks.",
    });
  });

  it("keeps quiet about what a person cancelled", () => {
    expect(ended({ completed: 3, cancelled: 9 }, { status: "cancelled" })).toBeNull();
  });

  it("fits into what JupyterLab shows of a message", () => {
    const failures = [{ error: "x".repeat(500), count: 1, first: 0 }];
    const words = ended({ completed: 11, failed: 1 }, { generator: "g".repeat(200), failures });
    expect(words?.message.length).toBeLessThanOrEqual(140);
  });
});

describe("sources of tabs", () => {
  const source = (change = {}): ViewSource => ({
    kind: "session",
    view: "gallery",
    kernel: "k1",
    session: "s1",
    project: "p",
    generator: "poster",
    ...change,
  });
  const alive = (...ids: string[]) => [kernel("k1", { sessions: ids.map((id) => session(id)) })];

  it("have an id that a reload does not change, and that differs by each part", () => {
    const other = { generator: "poster", project: "p", session: "s1", kernel: "k1", view: "gallery", kind: "session" };
    expect(tabId(other as ViewSource)).toBe(tabId(source()));
    const ids = [source(), source({ view: "progress" }), source({ session: "s2" }), source({ kernel: "k2" })].map(
      tabId,
    );
    expect(new Set(ids).size).toBe(4);
    expect(tabId({ kind: "batch", path: "a b/c", batch: "d" })).not.toMatch(/\s/);
  });

  it("stand for a session that took the place of theirs, not for one beside it", () => {
    const wanted = source({ session: "s2" });
    expect(standsFor(source(), source(), alive())).toBe(true);
    expect(standsFor(source(), wanted, alive("s2"))).toBe(true);
    expect(standsFor(source(), wanted, alive("s1", "s2"))).toBe(false);
    expect(standsFor(source({ view: "progress" }), wanted, alive("s2"))).toBe(false);
    expect(standsFor({ kind: "archive", path: "x" }, wanted, alive("s2"))).toBe(false);
  });

  it("stand for a session of another kernel, where that is the only one like theirs", () => {
    const project = { key: "p", name: "p", folder: "/p" };
    const like = (id: string) => session(id, { project, generator: "poster" });
    const wanted = source({ kernel: "k2", session: "s2" });
    const other = kernel("k2", { sessions: [like("s2")] });
    expect(standsFor(source(), wanted, [other])).toBe(true);
    expect(standsFor(source(), wanted, [kernel("k1", { sessions: [like("s1")] }), other])).toBe(false);
    expect(standsFor(source(), wanted, [other, kernel("k3", { sessions: [like("s3")] })])).toBe(false);
  });

  it("lead to other batches of the same project", () => {
    expect(batchBeside(source(), "b2")).toEqual({ kind: "kernelBatch", kernel: "k1", project: "p", batch: "b2" });
    expect(batchBeside({ kind: "batch", path: "x", batch: "b1" }, "b2")).toEqual({
      kind: "batch",
      path: "x",
      batch: "b2",
    });
    expect(batchBeside({ kind: "archive", path: "x.batchgen" }, "b2")).toBeNull();
  });

  it("are files of the server only", () => {
    expect(serverPath("", "a/b.batchgen", "no")).toBe("a/b.batchgen");
    expect(serverPath("RTC", "a/b.batchgen", "no")).toBe("a/b.batchgen");
    expect(() => serverPath("S3", "a/b.batchgen", "it is elsewhere")).toThrow("it is elsewhere");
  });
});
