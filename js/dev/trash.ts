/** A trash for the fake kernel: `?assets=200&trash=30` has that many results in it. */

import type { TrashRow } from "../src/state/wire.gen";
import type { FakeKernel } from "./fakeKernel";

const TRASHED = 3;

export function answerTrash(kernel: FakeKernel, count: number): void {
  const total = kernel.trait("gallery").peek().total;
  const codes = () => Array.from({ length: total }, (_, i) => kernel.trait("asset_marks").peek().getUint8(i));
  const before = codes();
  const trashed = new Map<number, number>();
  const sizeOf = (position: number) => 300_000 + 1000 * (position % 200);
  const write = (next: readonly number[]) => {
    const data = new DataView(Uint8Array.from(next).buffer);
    kernel.set("asset_marks", data);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), undoable: true });
  };
  const put = (positions: readonly number[]) => {
    const next = codes();
    for (const position of positions) {
      if (next[position] === TRASHED) continue;
      before[position] = next[position] ?? 0;
      next[position] = TRASHED;
      trashed.set(position, Date.now() / 1000);
    }
    write(next);
    return { count: positions.length };
  };
  const restore = (positions: readonly number[]) => {
    const next = codes();
    for (const position of positions) {
      next[position] = before[position] ?? 0;
      trashed.delete(position);
    }
    write(next);
    return { count: positions.length };
  };
  const rowOf = ([position, when]: [number, number]): TrashRow => ({
    id: `a${position}`,
    name: `${String(position).padStart(5, "0")}_an-old-town-in-heavy-fog_seed-${position * 7919}.png`,
    kind: "image",
    alt: "a picture",
    batch: "b1",
    file_size: sizeOf(position),
    trashed_at: when,
    favorite: before[position] === 1,
  });
  const sum = (positions: readonly number[]) => positions.reduce((size, position) => size + sizeOf(position), 0);
  const others = () => codes().flatMap((code, i) => (code === 0 || code === 2 ? [i] : []));
  kernel.on("trash.put", ({ positions }) => put(positions));
  kernel.on("trash.restore", ({ ids }) =>
    restore([...trashed.keys()].filter((position) => ids === null || ids.includes(`a${position}`))),
  );
  kernel.on("trash.empty", () => {
    const bytes = sum([...trashed.keys()]);
    trashed.clear();
    return { bytes };
  });
  kernel.on("trash.get", ({ start, stop }) => ({
    rows: [...trashed].reverse().slice(start, stop).map(rowOf),
    total: trashed.size,
    bytes: sum([...trashed.keys()]),
    strays: 2,
    stray_bytes: 41_000,
  }));
  kernel.on("assets.thumbnails_by_id", async ({ ids }) => {
    const positions = ids.map((id) => Number(id.slice(1)));
    const { buffers } = await kernel.request("assets.thumbnails", { source: "", positions });
    return { result: { items: ids.map((id) => ({ id, type: "image/webp" })) }, buffers };
  });
  kernel.on("cleanup.preview", () => {
    const going = others();
    const bytes = sum(going);
    const kept = codes().filter((code) => code === 1).length;
    return { count: going.length, bytes, kinds: [{ kind: "image", count: going.length, bytes }], kept, in_use: 0 };
  });
  kernel.on("cleanup.keep_favorites", () => put(others()));
  kernel.set("gallery", {
    ...kernel.trait("gallery").peek(),
    offers: [...kernel.trait("gallery").peek().offers, "cleanup"],
  });
  put(Array.from({ length: count }, (_, i) => 3 * i).filter((position) => position < total));
}
