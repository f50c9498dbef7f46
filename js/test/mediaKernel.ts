/** A gallery of real files of several kinds and sizes, for the views that show media large. */

import type { FakeKernel } from "../dev/fakeKernel";
import { ASSET_KINDS, type AssetRecord } from "../src/state/wire.gen";
import { galleryKernel, recordOf } from "./mountBatch";

export interface TestAsset {
  kind: AssetRecord["kind"];
  /** What the kernel sends for the screen. */
  file: Blob;
  /** The file as it is; the same where it is left out. */
  original?: Blob;
  thumbnail?: Blob;
  record?: Partial<AssetRecord>;
}

type Paint = (context: OffscreenCanvasRenderingContext2D, width: number, height: number) => void;

const stripes: Paint = (context, width, height) => {
  for (let x = 0; x < width; x += 8) {
    context.fillStyle = `hsl(${(360 * x) / width} 60% ${x % 16 ? 45 : 60}%)`;
    context.fillRect(x, 0, 8, height);
  }
};

/** A picture; `paint` draws it. */
export async function picture(width: number, height: number, paint = stripes, type = "image/png"): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  paint(context, width, height);
  return canvas.convertToBlob({ type });
}

/** A WAV file of a tone that swells `swells` times. */
export function sound(seconds: number, swells = 3, rate = 8000): Blob {
  const count = Math.round(seconds * rate);
  const data = new DataView(new ArrayBuffer(44 + 2 * count));
  const write = (at: number, text: string) => {
    for (let i = 0; i < text.length; i += 1) data.setUint8(at + i, text.charCodeAt(i));
  };
  write(0, "RIFF");
  data.setUint32(4, 36 + 2 * count, true);
  write(8, "WAVEfmt ");
  data.setUint32(16, 16, true);
  data.setUint16(20, 1, true);
  data.setUint16(22, 1, true);
  data.setUint32(24, rate, true);
  data.setUint32(28, 2 * rate, true);
  data.setUint16(32, 2, true);
  data.setUint16(34, 16, true);
  write(36, "data");
  data.setUint32(40, 2 * count, true);
  for (let i = 0; i < count; i += 1) {
    const loud = Math.abs(Math.sin((Math.PI * swells * i) / count));
    data.setInt16(44 + 2 * i, Math.round(24_000 * loud * Math.sin((2 * Math.PI * 220 * i) / rate)), true);
  }
  return new Blob([data], { type: "audio/wav" });
}

/** A kernel with these assets, which sends their files in parts. */
export async function mediaKernel(assets: readonly TestAsset[], part = 200_000): Promise<FakeKernel> {
  const kernel = galleryKernel(
    assets.length,
    [],
    assets.map(({ kind }) => ASSET_KINDS.indexOf(kind)),
  );
  const blank = await picture(16, 16);
  const at = (position: number): TestAsset => {
    const found = assets[position];
    if (!found) throw new Error(`no asset ${position}`);
    return found;
  };
  kernel.on("assets.get", ({ positions }) => ({
    records: positions.map((position) => {
      const { kind, file, original = file, record } = at(position);
      return { ...recordOf(position, kind), file_size: original.size, ...record };
    }),
  }));
  kernel.on("assets.thumbnails", async ({ positions }) => ({
    result: { items: positions.map((position) => ({ position, type: "image/png" })) },
    buffers: await Promise.all(
      positions.map(async (position) => new DataView(await (at(position).thumbnail ?? blank).arrayBuffer())),
    ),
  }));
  kernel.on("assets.media", async ({ position, offset, original }) => {
    const asset = at(position);
    const file = original ? (asset.original ?? asset.file) : asset.file;
    const end = Math.min(file.size, offset + part);
    return {
      result: { size: file.size, type: file.type, offset, next: end < file.size ? end : null },
      buffers: [new DataView(await file.slice(offset, end).arrayBuffer())],
    };
  });
  return kernel;
}
