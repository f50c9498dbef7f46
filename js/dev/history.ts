/** Earlier batches of a kernel in the page, a few of them hostile: `?assets=200&history=5000`. */

import { RequestError } from "../src/state/link";
import type { BatchComparison, HistoryRow } from "../src/state/wire.gen";
import type { FakeKernel } from "./fakeKernel";
import { paint } from "./pictures";
import { draws } from "./plan";

const PLACES = ["a lake", "a lighthouse on a cliff", "a harbour", "an old town", "a desert road", "the northern sea"];
const GENERATORS = ["poster", "poster", "poster", "upscale", "chime"];
const STATUSES: HistoryRow["status"][] = [
  "completed",
  "completed",
  "completed",
  "completed",
  "cancelled",
  "interrupted",
  "failed",
];

/** Prompts that try to be more than text. */
const HOSTILE = [
  '<img src=x onerror="alert(1)"><script>alert(2)</script> & a fox',
  "a fox \u202e gnp.exe \u2066 in the snow\u0007 with bells",
  "wide ".repeat(80),
  "",
];

function rowOf(index: number, now: number): HistoryRow {
  const draw = draws(7 * index + 3);
  const pick = <T>(values: readonly T[]) => values[Math.floor(draw() * values.length)] as T;
  const generator = pick(GENERATORS);
  const status = index === 0 ? "running" : pick(STATUSES);
  const tasks = pick([1, 8, 24, 24, 96, 10_000]);
  const completed = status === "failed" ? 0 : status === "completed" ? tasks : Math.floor(tasks * draw());
  const created = now - 400 - 9000 * index * (1 + Math.min(index, 40) / 60);
  const id = `b${index}`;
  const prompt =
    index % 9 === 5
      ? (HOSTILE[Math.floor(index / 9) % HOSTILE.length] ?? "")
      : `${pick(PLACES)} at dawn, painted in oil on an old canvas, long exposure`;
  return {
    id,
    generator,
    status,
    created_at: created,
    started_at: created + 1,
    completed_at: status === "running" ? null : created + 1.5 * tasks,
    duration: status === "running" ? null : 1.5 * tasks,
    counts: {
      queued: 0,
      running: status === "running" ? 2 : 0,
      completed,
      failed: status === "failed" ? tasks - completed : 0,
      cancelled: status === "cancelled" ? tasks - completed : 0,
      interrupted: status === "interrupted" ? tasks - completed : 0,
    },
    tasks,
    assets: completed,
    favorites: Math.floor(draw() ** 3 * Math.min(completed, 30)),
    discarded: 0,
    bytes: 600_000 * completed,
    varied: ["seed", "cfg_scale"],
    summary: pick([
      "8 tasks, random: cfg_scale 4 to 12 and seeds",
      "grid: 3 prompts and steps 10, 20, 40, 8 seeds each",
    ]),
    prompt,
    thumbnails: Array.from({ length: Math.min(4, completed) }, (_, i) => `${id}-${i}`),
  };
}

const fact = (group: BatchComparison["facts"][number]["group"], name: string, a: string | null, b: string | null) => ({
  group,
  name,
  a,
  b,
  differs: a !== b,
});

function comparisonOf(a: HistoryRow, b: HistoryRow): BatchComparison {
  const side = ({ id, generator, status, created_at, assets }: HistoryRow) => ({
    id,
    generator,
    status,
    created_at,
    assets,
  });
  const asset = (row: HistoryRow, i: number) => ({
    id: `${row.id}-${i}`,
    alt: `Image ${i}: ${row.prompt}`,
    kind: "image" as const,
    mark: (["none", "none", "favorite", "none", "discarded"] as const)[(i + row.id.length) % 5] ?? "none",
  });
  return {
    a: side(a),
    b: side(b),
    facts: [
      fact("generator", "generator", a.generator, b.generator),
      fact("generator", "source", "4f1c09aa31", "b2e7730c5d"),
      fact("parameters", "prompt", a.prompt, b.prompt),
      fact("parameters", "steps", "20", "40"),
      fact("parameters", "width", "512", "512"),
      fact("parameters", "height", "512", "512"),
      fact("parameters", "sampler", "euler", "euler"),
      fact("config", "strategy", "random", "random"),
      fact("config", "batch size", "8", "24"),
      fact("config", "cfg_scale varied", "4 to 12", null),
      fact("versions", "torch", "2.5.1", "2.6.0"),
      fact("versions", "device", "NVIDIA H100", "NVIDIA H100"),
      fact("outcome", "status", a.status, b.status),
      fact("outcome", "seconds per task", "1.5", "2.91"),
      fact("outcome", "failed: RuntimeError: CUDA out of memory", null, "3"),
    ],
    source_diff:
      "--- a\n+++ b\n@@ -1,4 +1,4 @@\n def poster(prompt, seed):\n-    return pipe(prompt, steps=20)\n+    return pipe(prompt, steps=40, callback=report, eta=0.3)\n",
    metrics: [
      {
        name: "clip_score",
        a: { count: 8, mean: 0.284, minimum: 0.21, maximum: 0.33 },
        b: { count: 24, mean: 0.3012, minimum: 0.24, maximum: 0.37 },
      },
      { name: "sharpness", a: null, b: { count: 24, mean: 12.5, minimum: 3, maximum: 40 } },
    ],
    pairs: Array.from({ length: 60 }, (_, i) => ({
      label: `seed ${48_213 + i}, cfg scale ${4 + (i % 9)}`,
      a: asset(a, i),
      b: i % 7 === 4 ? null : asset(b, i),
    })),
    matched: 52,
    total: 60,
  };
}

/** Answer the requests of the history for that many batches. */
export function answerHistory(kernel: FakeKernel, count: number, now = Date.now() / 1000): void {
  const rows = Array.from({ length: count }, (_, index) => rowOf(index, now));
  const find = (id: string): HistoryRow => {
    const row = rows.find((one) => one.id === id);
    if (!row) throw new RequestError("ProjectError", `${id}: no such batch; see Project.history()`);
    return row;
  };
  let shown = rows[0]?.id ?? "";
  kernel.set("gallery", {
    ...kernel.trait("gallery").peek(),
    offers: [...kernel.trait("gallery").peek().offers, "history"],
  });
  kernel.on("history.get", ({ text, generator, status, favorites, start, stop }) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter(
      (row) =>
        words.every((word) => `${row.id} ${row.generator} ${row.prompt}`.toLowerCase().includes(word)) &&
        (generator === null || row.generator === generator) &&
        (status === null || row.status === status) &&
        (!favorites || row.favorites > 0),
    );
    const generators = [...new Set(rows.map((row) => row.generator))].sort();
    return { start, total: found.length, rows: found.slice(start, stop), generators, own: "poster", shown };
  });
  kernel.on("history.show", ({ batch }) => {
    const { held: _, ...gallery } = kernel.trait("gallery").peek();
    const row = batch === null ? null : find(batch);
    shown = row?.id ?? rows[0]?.id ?? "";
    const held = row && { created_at: row.created_at, generator: row.generator, newer: true };
    kernel.set("gallery", { ...gallery, source: shown, ...(held && { held }) });
    return {};
  });
  kernel.on("history.use", ({ batch }) => ({ notes: [`Tasks: ${find(batch).summary}.`, "Changed: prompt, steps."] }));
  kernel.on("history.resume", ({ batch }) => {
    Object.assign(find(batch), { status: "running" });
    return {};
  });
  kernel.on("history.compare", ({ a, b }) => comparisonOf(find(a), find(b)));
  kernel.on("assets.thumbnails_by_id", async ({ ids }) => {
    // Some files are gone.
    const here = ids.filter((id) => !id.endsWith("3-2"));
    return {
      result: { items: here.map((id) => ({ id, type: "image/webp" })) },
      buffers: await Promise.all(here.map((id) => paint({ seed: id, prompt: id.split("-")[0] ?? "" }, 128, 128))),
    };
  });
}
