import type { AnyModel } from "@anywidget/types";
import { expect, it } from "vitest";
import galleryWidget from "../src/widgets/gallery";
import progressWidget from "../src/widgets/progress";
import { batchOf, bytes, find, frames, recordOf, rowOf } from "./mountBatch";

/** A widget model whose kernel answers at once; it knows only the traits that it is given. */
function modelOf(traits: Record<string, unknown>, answers: Record<string, (params: never) => unknown>) {
  const listeners = new Map<string, Set<(...values: unknown[]) => void>>();
  const emit = (event: string, ...values: unknown[]) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...values);
  };
  const model = {
    get: (key: string) => traits[key],
    on: (event: string, listener: (...values: unknown[]) => void) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event: string, listener: (...values: unknown[]) => void) => listeners.get(event)?.delete(listener),
    send: ({ id, method, params }: { id: string; method: string; params: never }) =>
      queueMicrotask(() => emit("msg:custom", { kind: "reply", id, ok: true, result: answers[method]?.(params) }, [])),
  };
  const push = (key: string, value: unknown) => {
    traits[key] = value;
    emit(`change:${key}`);
  };
  return { model: model as unknown as AnyModel, push };
}

type Widget = ReturnType<typeof galleryWidget>;

function draw(widget: Widget, model: AnyModel) {
  const life = new AbortController();
  const el = document.createElement("div");
  document.body.append(el);
  widget.render({ model, el, signal: life.signal });
  return {
    el,
    end: () => {
      life.abort();
      el.remove();
    },
  };
}

it("shows a gallery that has no batch, twice at once, and again after both were closed", async () => {
  const { model, push } = modelOf(
    {
      gallery: { source: "list", title: "Assets", total: 2, undoable: false, offers: [] },
      asset_kinds: bytes([0, 0]),
      asset_marks: bytes([0, 1]),
      asset_selected: bytes([0, 0]),
      query: { text: "", mark: null, where: {}, sort: null, descending: false },
    },
    {
      "assets.get": ({ positions }: { positions: number[] }) => ({ records: positions.map((p) => recordOf(p)) }),
      "assets.thumbnails": () => ({ items: [] }),
      "assets.columns": () => ({ columns: [], start: 0, stop: 2, total: 2 }),
    },
  );
  const widget = galleryWidget();
  widget.initialize({ model, signal: new AbortController().signal });
  for (const round of [1, 2]) {
    const views = [draw(widget, model), draw(widget, model)];
    for (const { el } of views) {
      await expect.poll(() => el.querySelectorAll(".bgw-tile").length).toBe(2);
      await expect.poll(() => find(el, ".bgw-tile-caption").textContent).toContain("seed 100");
    }
    push("asset_marks", bytes([round, 1]));
    for (const { el } of views) await expect.poll(() => find(el, ".bgw-tile").className).not.toContain("bgw-is-none");
    for (const { end, el } of views) {
      end();
      expect(el.childElementCount).toBe(0);
    }
  }
});

it("shows the progress of a batch again after its view was closed", async () => {
  const { model, push } = modelOf(
    {
      batch: batchOf([1, 0]),
      queue: { paused: false, tasks: 1, batches: 1, revision: 1 },
      task_status: bytes([1, 0]),
      running: [],
    },
    {
      clock: () => ({ now: 1015 }),
      "tasks.get": ({ start, stop }: { start: number; stop: number }) => ({
        rows: Array.from({ length: stop - start }, (_, i) => rowOf(start + i, "running")),
      }),
    },
  );
  const widget = progressWidget();
  widget.initialize({ model, signal: new AbortController().signal });
  const first = draw(widget, model);
  await expect.poll(() => first.el.textContent).toContain("seed 100");
  first.end();
  push("batch", batchOf([2, 2], { status: "completed", completed_at: 1003 }));
  push("task_status", bytes([2, 2]));
  await frames();
  const second = draw(widget, model);
  await expect.poll(() => second.el.textContent).toContain("2 completed in 3.0 s · 0 failed");
  second.end();
});
