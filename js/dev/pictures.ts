/** Coloured landscapes drawn on a canvas, which stand for what a model would make. */

import { draws, type Params } from "./plan";

const SKIES = [
  ["#1b2a49", "#e8825d", "#f6c667"],
  ["#0f2027", "#2c5364", "#9bd1c7"],
  ["#3a1c71", "#d76d77", "#ffaf7b"],
  ["#141e30", "#355c7d", "#c06c84"],
  ["#134e5e", "#71b280", "#f3e9c6"],
  ["#2b5876", "#6a82a8", "#f2d7c9"],
] as const;

function hash(text: string): number {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.charCodeAt(0), 16777619);
  return value >>> 0;
}

/** A WebP of the scene that the parameters stand for; `noise` 1 is the first step, 0 the last. */
export async function paint(params: Params, width: number, height: number, noise = 0): Promise<DataView> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no canvas");
  const draw = draws(hash(JSON.stringify([params["seed"], params["prompt"], params["cfg_scale"], params["sampler"]])));
  const [top, middle, low] = SKIES[Math.floor(draw() * SKIES.length)] ?? SKIES[0];
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, top);
  sky.addColorStop(0.55, middle);
  sky.addColorStop(0.8, low);
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  const sun = {
    x: width * (0.15 + 0.7 * draw()),
    y: height * (0.25 + 0.3 * draw()),
    r: height * (0.05 + 0.06 * draw()),
  };
  context.fillStyle = "rgb(255 244 214 / 85%)";
  context.beginPath();
  context.arc(sun.x, sun.y, sun.r, 0, 7);
  context.fill();
  for (let layer = 0; layer < 5; layer += 1) {
    const base = height * (0.52 + layer * 0.1);
    const waves = Array.from({ length: 5 }, (_, at) => ({
      f: (at + 1) * (0.6 + draw()),
      p: draw() * 7,
      a: 1 / (at + 1.4),
    }));
    context.fillStyle = `color-mix(in srgb, ${top} ${28 + layer * 17}%, ${middle})`;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x += 4) {
      const rise = waves.reduce((sum, { f, p, a }) => sum + a * Math.sin((x / width) * f * 6 + p), 0);
      context.lineTo(x, base - rise * height * 0.055);
    }
    context.lineTo(width, height);
    context.fill();
  }
  for (let dot = 0; dot < noise * 1800; dot += 1) {
    context.fillStyle = `hsl(${draw() * 360} 45% 55% / ${noise})`;
    context.fillRect(draw() * width, draw() * height, width / 24, height / 24);
  }
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.86 });
  return new DataView(await blob.arrayBuffer());
}
