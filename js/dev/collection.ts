/** A gallery of many ready-made results, for looks and measurements: `?assets=10000`. */

import type { AssetRecord } from "../src/state/wire.gen";
import { ASSET_KINDS, ASSET_MARKS } from "../src/state/wire.gen";
import { answerChoices } from "./choices";
import { bytes, type FakeKernel, fakeKernel, POSTER, SETTINGS } from "./fakeKernel";
import { paint } from "./pictures";
import { draws, makePlan } from "./plan";

const PLACES = ["a lake", "a lighthouse on a cliff", "a harbour", "an old town", "a desert road", "the northern sea"];
const TIMES = ["at dawn", "at noon", "in heavy fog", "at night, long exposure"];
const SAMPLERS = ["euler", "ddim", "dpm++"];

function recordOf(position: number): AssetRecord {
  const draw = draws(position + 1);
  const pick = <T>(values: readonly T[]) => values[Math.floor(draw() * values.length)] as T;
  const seed = Math.floor(draw() * 1_000_000);
  const prompt = `${pick(PLACES)} ${pick(TIMES)}, painted in oil`;
  const name = `${String(position).padStart(5, "0")}_poster_seed-${seed}.png`;
  return {
    position,
    id: `a${position}`,
    name,
    kind: "image",
    width: pick([512, 768]),
    height: 512,
    duration: null,
    file_size: Math.round(400_000 + 300_000 * draw()),
    created_at: 1_750_000_000 + 4 * position,
    params: {
      prompt,
      seed,
      width: 512,
      height: 512,
      steps: pick([10, 20, 40]),
      cfg_scale: Math.round((4 + 8 * draw()) * 10) / 10,
      sampler: pick(SAMPLERS),
      tiling: draw() < 0.5,
    },
    metrics: draw() < 0.1 ? {} : { clip_score: Math.round((0.2 + 0.2 * draw()) * 1000) / 1000 },
    task_index: position,
    alt: prompt,
    path: `my-project/assets/${name}`,
    task_seconds: 1.5,
    parents: [],
  };
}

export interface Collection extends FakeKernel {
  /** Results that arrive. */
  add(count: number): void;
  tick(): void;
}

/** A kernel with that many results. Pictures are few and shared: what counts here is their number. */
export function collection(total: number): Collection {
  const kernel = fakeKernel({
    generator: POSTER,
    settings: SETTINGS,
    plan: makePlan(POSTER, SETTINGS).preview,
    gallery: { source: "20250301-101500-a1b2c3", title: "", total, undoable: false, offers: [] },
    asset_kinds: bytes(Array.from({ length: total }, () => 0)),
    asset_marks: bytes(Array.from({ length: total }, (_, i) => (i % 11 === 4 ? 1 : i % 17 === 3 ? 2 : 0))),
  });
  const past: DataView[] = [];
  const records = new Map<number, AssetRecord>();
  const record = (position: number) => {
    const found = records.get(position) ?? recordOf(position);
    records.set(position, found);
    return found;
  };
  const pictures = new Map<number, Promise<DataView>>();
  const picture = (position: number, side: number) => {
    const key = side === 256 ? position % 24 : position;
    const made = pictures.get(key) ?? paint(record(key).params, side, side);
    if (side === 256) pictures.set(key, made);
    return made;
  };
  const size = (data: DataView, length: number) =>
    bytes(Array.from({ length }, (_, i) => (i < data.byteLength ? data.getUint8(i) : 0)));
  const mark = (positions: readonly number[], code: number) => {
    const before = kernel.trait("asset_marks").peek();
    past.push(before);
    const after = size(before, before.byteLength);
    for (const position of positions) after.setUint8(position, code);
    kernel.set("asset_marks", after);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), undoable: true });
    return {};
  };
  answerChoices(kernel, record);
  kernel.on("clock", () => ({ now: Date.now() / 1000 }));
  kernel.on("assets.get", ({ positions }) => ({ records: positions.map(record) }));
  kernel.on("assets.thumbnails", async ({ positions }) => ({
    result: { items: positions.map((position) => ({ position, type: "image/webp" })) },
    buffers: await Promise.all(positions.map((position) => picture(position, 256))),
  }));
  kernel.on("assets.media", async ({ position, offset }) => {
    const data = await picture(position, 1024);
    return { result: { size: data.byteLength, type: "image/webp", offset, next: null }, buffers: [data] };
  });
  kernel.on("assets.mark", ({ positions, mark: wanted }) => mark(positions, ASSET_MARKS.indexOf(wanted ?? "none")));
  kernel.on("assets.clear_marks", () =>
    mark(
      Array.from({ length: kernel.trait("gallery").peek().total }, (_, position) => position),
      0,
    ),
  );
  kernel.on("assets.undo", () => {
    const before = past.pop();
    if (before) kernel.set("asset_marks", size(before, kernel.trait("gallery").peek().total));
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), undoable: past.length > 0 });
    return {};
  });
  return Object.assign(kernel, {
    add(count: number) {
      const gallery = kernel.trait("gallery").peek();
      const next = gallery.total + count;
      kernel.set("asset_kinds", bytes(Array.from({ length: next }, () => ASSET_KINDS.indexOf("image"))));
      kernel.set("asset_marks", size(kernel.trait("asset_marks").peek(), next));
      kernel.set("gallery", { ...gallery, total: next });
    },
    tick() {},
  });
}
