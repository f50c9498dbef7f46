/** Relatives of the results of a kernel in the page; `?lineage=150` gives each that many descendants. */

import type { Lineage, LineageEdge, LineageNode } from "../src/state/wire.gen";
import type { FakeKernel } from "./fakeKernel";

const HOSTILE = "0003_<b>fox</b>_\u202egnp.exe_a-name-that-goes-on-and-on-and-on.png";

function nodeOf(id: string, generation: number, change: Partial<LineageNode> = {}): LineageNode {
  return {
    id,
    name: `${id}.png`,
    kind: "image",
    batch: `b${Math.abs(generation)}`,
    generator: { "-2": "sketch", "-1": "poster", "0": "upscale", "1": "animate" }[String(generation)] ?? "score",
    created_at: Date.now() / 1000 - 4000 + 1000 * generation,
    mark: null,
    trashed: false,
    generation,
    ...change,
  };
}

export function lineageOf(asset: string, descendants: number): Lineage {
  if (asset.endsWith("7")) return { asset, nodes: [nodeOf(asset, 0)], edges: [], left_out: 0 };
  const nodes = [
    nodeOf("sketch-1", -2, { name: HOSTILE }),
    nodeOf("sketch-2", -2, { mark: "favorite" }),
    nodeOf("style-9", -2, { kind: null, batch: null, generator: null, created_at: null, name: "style-9" }),
    nodeOf("poster-1", -1),
    nodeOf("poster-2", -1, { trashed: true }),
    nodeOf(asset, 0, { mark: "favorite" }),
  ];
  const edges: LineageEdge[] = [
    { parent: "sketch-1", child: "poster-2", parameters: ["init_image"] },
    { parent: "sketch-2", child: "poster-1", parameters: ["init_image", "mask"] },
    { parent: "style-9", child: "poster-1", parameters: ["style"] },
    { parent: "style-9", child: "poster-2", parameters: ["style"] },
    { parent: "poster-1", child: asset, parameters: ["image"] },
    { parent: "poster-2", child: asset, parameters: ["reference"] },
  ];
  for (let i = 0; i < Math.min(descendants, 190); i += 1) {
    nodes.push(nodeOf(`clip-${i}`, 1, { kind: i % 3 ? "image" : "video" }));
    edges.push({ parent: asset, child: `clip-${i}`, parameters: ["first_frame"] });
  }
  if (descendants) {
    nodes.push(nodeOf("sound-1", 2, { kind: "audio" }));
    edges.push({ parent: "clip-0", child: "sound-1", parameters: ["video"] });
    edges.push({ parent: asset, child: "sound-1", parameters: [] });
  }
  return { asset, nodes, edges, left_out: Math.max(0, descendants - 190) };
}

export function answerLineage(kernel: FakeKernel, descendants: number): void {
  const gallery = kernel.trait("gallery").peek();
  kernel.set("gallery", { ...gallery, offers: [...gallery.offers, "lineage"] });
  kernel.on("lineage.get", ({ asset }) => lineageOf(asset, descendants));
}
