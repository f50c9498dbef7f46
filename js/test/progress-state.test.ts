import { describe, expect, it } from "vitest";
import { Announcer } from "../src/state/announcer";
import { summarize } from "../src/state/batch";
import { describeTask, VariedNames } from "../src/state/describe";
import { formatElapsed } from "../src/state/format";
import { TaskRows } from "../src/state/rows";
import { WindowCache } from "../src/state/windowCache";
import type { BatchSummary } from "../src/state/wire.gen";
import { asked, batchKernel, batchOf, frames, repeat, setTasks } from "./mountBatch";

const codes = (...parts: [count: number, code: number][]) =>
  parts.flatMap(([count, code]) => repeat(count, () => code));
const bytesOf = (statuses: number[]) => Uint8Array.from(statuses);

describe("Announcer", () => {
  const at = (done: number, change: Partial<BatchSummary> = {}, failed = 0) =>
    batchOf(codes([done - failed, 2], [failed, 3], [100 - done, 0]), change);
  const started = () => {
    const announcer = new Announcer();
    announcer.hear(null, 0);
    expect(announcer.hear(at(0), 0).text).toBe("Batch started: 100 tasks.");
    return announcer;
  };

  it("tells the start, the quarters and the end", () => {
    const announcer = started();
    const spoken = [];
    for (let done = 1; done <= 99; done += 1) spoken.push(announcer.hear(at(done), done * 1000).text);
    spoken.push(announcer.hear(at(100, { status: "completed", completed_at: 1012 }), 99_500).text);
    expect(spoken.filter(Boolean)).toEqual([
      "25 %: 25 of 100 tasks done.",
      "50 %: 50 of 100 tasks done.",
      "75 %: 75 of 100 tasks done.",
      "Batch completed: 100 completed in 12 s, 0 failed.",
    ]);
  });

  it("keeps ten seconds of quiet, then says how things stand", () => {
    const announcer = started();
    expect(announcer.hear(at(30), 2000)).toEqual({ text: null, wait: 8000 });
    expect(announcer.hear(at(60, {}, 2), 5000)).toEqual({ text: null, wait: 5000 });
    expect(announcer.hear(at(60, {}, 2), 10_000).text).toBe("60 %: 60 of 100 tasks done. 2 failed.");
    expect(announcer.hear(at(61, {}, 2), 40_000).text).toBeNull();
    expect(announcer.hear(at(62, {}, 3), 41_000).text).toBe("62 %: 62 of 100 tasks done. 3 failed.");
  });

  it("tells pause, resume and the end at once, and each once", () => {
    const announcer = started();
    expect(announcer.hear(at(1, { status: "paused" }), 100).text).toBe("Paused.");
    expect(announcer.hear(at(1, { status: "paused" }), 200).text).toBeNull();
    expect(announcer.hear(at(1), 300).text).toBe("Resumed.");
    const end = at(1, { status: "cancelled" });
    expect(announcer.hear(end, 400).text).toContain("Batch cancelled");
    expect(announcer.hear(end, 90_000).text).toBeNull();
  });

  it("says nothing of what it finds on opening the page", () => {
    const announcer = new Announcer();
    expect(announcer.hear(at(40, {}, 3), 0)).toEqual({ text: null, wait: null });
    expect(announcer.hear(at(45, {}, 3), 20_000).text).toBeNull();
    expect(announcer.hear(at(50, {}, 3), 30_000).text).toBe("50 %: 50 of 100 tasks done. 3 failed.");
    const over = new Announcer();
    expect(over.hear(at(100, { status: "completed" }), 0).text).toBeNull();
  });
});

describe("words", () => {
  it("sums a batch up", () => {
    const batch = batchOf(codes([8, 2]), { status: "completed", completed_at: 1012 });
    expect(summarize(batch)).toBe("8 completed in 12 s · 0 failed");
    const mixed = batchOf(codes([5, 2], [1, 3], [2, 4], [1, 5]), { completed_at: null });
    expect(summarize(mixed)).toBe("5 completed · 1 failed · 2 cancelled · 1 interrupted");
  });

  it("tells tasks apart by what varies, prompts quoted and last", () => {
    const params = {
      prompt: "A very long prompt that goes on about a lake and its fog",
      seed: 48213,
      cfg_scale: 7.5,
      on: true,
    };
    expect(describeTask(params, ["prompt", "seed", "cfg_scale"])).toBe(
      "seed 48213 · cfg scale 7.5 · “A very long prompt that goes on about a l…”",
    );
    expect(describeTask(params, ["on"])).toBe("on on");
    expect(describeTask({ prompt: "short" }, [])).toBe("“short”");
    expect(describeTask({}, [])).toBe("no parameters");
  });

  it("learns what varies from the records that pass", () => {
    const names = new VariedNames();
    names.learn({ prompt: "a b", seed: 1, steps: 20 });
    expect(names.caption({ prompt: "a b", seed: 1, steps: 20 })).toBe("seed 1");
    names.learn({ prompt: "a c", seed: 2, steps: 20 });
    expect(names.caption({ prompt: "a c", seed: 2, steps: 20 })).toBe("seed 2 · “a c”");
  });

  it("ticks in whole seconds", () => {
    expect([0.9, 9.99, 61, -3].map(formatElapsed)).toEqual(["0 s", "9 s", "1 min 1 s", "0 s"]);
  });
});

describe("TaskRows", () => {
  it("asks for the rows on screen once, and again only for those that changed", async () => {
    const statuses = codes([50, 0]);
    const kernel = batchKernel(statuses);
    const rows = new TaskRows(kernel, "b1");
    rows.show(10, 20, bytesOf(statuses));
    await frames(4);
    expect(asked(kernel, "tasks.get")).toEqual([{ batch: "b1", start: 10, stop: 20 }]);
    rows.show(10, 20, bytesOf(statuses));
    rows.show(12, 18, bytesOf(statuses));
    await frames(4);
    expect(asked(kernel, "tasks.get")).toHaveLength(1);

    const next = statuses.map((code, i) => (i === 13 || i === 15 || i === 40 ? 2 : code));
    setTasks(kernel, next);
    rows.show(10, 20, bytesOf(next));
    await frames(4);
    expect(asked(kernel, "tasks.get").slice(1)).toEqual([{ batch: "b1", start: 13, stop: 16 }]);
    expect(rows.get(13)?.status).toBe("completed");
    rows.close();
  });

  it("asks once when many changes come in one frame, and for what came meanwhile after the answer", async () => {
    const statuses = codes([20, 0]);
    const kernel = batchKernel(statuses);
    let answer = () => {};
    const original = batchKernel(statuses);
    kernel.on("tasks.get", async (params) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return original.request("tasks.get", params);
    });
    const rows = new TaskRows(kernel, "b1");
    for (let start = 0; start < 8; start += 1) rows.show(start, start + 5, bytesOf(statuses));
    await frames(3);
    expect(asked(kernel, "tasks.get")).toEqual([{ batch: "b1", start: 7, stop: 12 }]);
    rows.show(10, 15, bytesOf(statuses));
    await frames(3);
    expect(asked(kernel, "tasks.get")).toHaveLength(1);
    answer();
    await frames(3);
    expect(asked(kernel, "tasks.get")[1]).toEqual({ batch: "b1", start: 12, stop: 15 });
    rows.close();
  });

  it("does not ask on and on while the status trait lags behind the rows", async () => {
    const kernel = batchKernel(codes([5, 2]));
    const rows = new TaskRows(kernel, "b1");
    const lagging = codes([5, 1]);
    rows.show(0, 5, bytesOf(lagging));
    await frames(6);
    expect(asked(kernel, "tasks.get")).toHaveLength(1);
    rows.show(0, 5, bytesOf(codes([5, 2])));
    await frames(6);
    expect(asked(kernel, "tasks.get")).toHaveLength(1);
    rows.close();
  });

  it("asks again for a task that failed anew while it was out of sight", async () => {
    const kernel = batchKernel(codes([20, 3]));
    const rows = new TaskRows(kernel, "b1");
    rows.show(0, 5, bytesOf(codes([20, 3])));
    await frames(3);
    rows.show(10, 15, bytesOf(codes([1, 0], [19, 3])));
    await frames(3);
    rows.show(10, 15, bytesOf(codes([20, 3])));
    rows.show(0, 5, bytesOf(codes([20, 3])));
    await frames(3);
    expect(asked(kernel, "tasks.get").at(-1)).toEqual({ batch: "b1", start: 0, stop: 1 });
    rows.close();
  });

  it("rests after a failure", async () => {
    const kernel = batchKernel(codes([5, 0]));
    kernel.on("tasks.get", () => {
      throw new Error("busy");
    });
    let now = 0;
    const rows = new TaskRows(kernel, "b1", () => now);
    rows.show(0, 5, bytesOf(codes([5, 0])));
    await frames(3);
    expect(rows.problem.value).toBe("busy");
    rows.show(0, 5, bytesOf(codes([5, 0])));
    await frames(3);
    expect(asked(kernel, "tasks.get")).toHaveLength(1);
    now = 2500;
    rows.show(0, 5, bytesOf(codes([5, 0])));
    await frames(3);
    expect(asked(kernel, "tasks.get")).toHaveLength(2);
    rows.close();
  });
});

describe("WindowCache", () => {
  const make = (capacity: number) => {
    const dropped: string[] = [];
    const fetched: number[][] = [];
    const cache = new WindowCache<string>({
      capacity,
      chunk: 10,
      drop: (value) => dropped.push(value),
      fetch: async (keys) => {
        fetched.push(keys);
        return new Map(keys.map((key) => [key, `v${key}`]));
      },
    });
    return { cache, dropped, fetched };
  };

  it("asks for the most urgent first, in chunks", async () => {
    const { cache, fetched } = make(100);
    cache.want(repeat(25, (i) => 24 - i));
    await frames(6);
    expect(fetched.map((keys) => [keys[0], keys.length])).toEqual([
      [24, 10],
      [14, 10],
      [4, 5],
    ]);
    cache.close();
  });

  it("forgets what was wanted longest ago, and never what is wanted now", async () => {
    const { cache, dropped } = make(6);
    cache.want([0, 1, 2]);
    await frames(3);
    cache.want([3, 4, 5]);
    await frames(3);
    cache.want([0]);
    cache.want([0, 6, 7]);
    await frames(3);
    expect([...dropped].sort()).toEqual(["v1", "v2"]);
    expect(cache.get(0)).toBe("v0");
    cache.want(repeat(9, (i) => i + 20));
    await frames(3);
    expect(cache.size).toBe(9);
    cache.close();
    expect(cache.size).toBe(0);
    expect(dropped).toHaveLength(17);
  });

  it("renews what is wanted, and shows what it has until then", async () => {
    const { cache, dropped, fetched } = make(6);
    cache.want([0, 1]);
    await frames(3);
    cache.renew([1, 2]);
    expect(cache.get(1)).toBe("v1");
    await frames(3);
    expect(fetched).toEqual([[0, 1], [1]]);
    expect(dropped).toEqual(["v1"]);
    cache.close();
  });
});
