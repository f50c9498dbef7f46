/** A lineage in words. */

import { formatName } from "../../state/describe";
import type { LineageEdge, LineageNode } from "../../state/wire.gen";

export function headingOf(generation: number): string {
  if (generation === 0) return "This result";
  if (generation === -1) return "Made from";
  if (generation === 1) return "Used for";
  return generation < 0 ? `${-generation} steps before` : `${generation} steps on`;
}

/** What is unusual about an asset, if anything is. */
export function stateOf({ kind, trashed }: LineageNode): string | null {
  if (kind === null) return "No longer here";
  return trashed ? "In the trash" : null;
}

export function parametersOf({ parameters }: LineageEdge): string {
  return parameters.map(formatName).join(", ");
}

/** What is to be heard of a node beside what is to be read on it. */
export function restOf(node: LineageNode, made: readonly LineageEdge[], names: ReadonlyMap<string, string>): string {
  const from = made.map((edge) => {
    const by = parametersOf(edge);
    return `made from ${names.get(edge.parent) ?? edge.parent}${by ? ` as ${by}` : ""}`;
  });
  return [stateOf(node) && node.generator, node.mark, ...from].filter(Boolean).join(", ");
}
