/** Parameters in a few words. */

import { formatValue } from "./format";

type Params = Record<string, unknown>;

const LONGEST = 42;

/** A long text cut to a line. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).trimEnd()}…` : line;
}

export function formatName(name: string): string {
  return name.replaceAll("_", " ");
}

function describeOne(name: string, value: unknown): string {
  if (typeof value !== "string") return `${formatName(name)} ${formatValue(value)}`;
  if (name === "prompt" || /\s/.test(value)) return `“${shorten(value)}”`;
  return `${formatName(name)} ${shorten(value)}`;
}

/** "seed 48213 · cfg scale 7.5 · “a lake at dawn”": sentences come last, where they may be cut. */
export function describeParams(params: Params, names: readonly string[]): string {
  const parts = names.filter((name) => name in params).map((name) => describeOne(name, params[name]));
  return [...parts.filter((part) => !part.startsWith("“")), ...parts.filter((part) => part.startsWith("“"))].join(
    " · ",
  );
}

/** What tells a task from its neighbours, or what it makes where nothing varies. */
export function describeTask(params: Params, varied: readonly string[]): string {
  if (varied.length) return describeParams(params, varied);
  const names = Object.keys(params);
  const [first] = names;
  if (first === undefined) return "no parameters";
  return describeParams(params, names.includes("prompt") ? ["prompt"] : names.slice(0, 2));
}

/** "20250301-101500-a1b2c3" -> "a1b2c3": enough to tell two batches apart. */
export function shortBatch(id: string): string {
  return id.slice(id.lastIndexOf("-") + 1);
}

/** Learns from the records that pass which parameters differ between them. */
export class VariedNames {
  readonly #first = new Map<string, unknown>();
  readonly #varied = new Set<string>();

  learn(params: Params): void {
    for (const [name, value] of Object.entries(params)) {
      if (this.#varied.has(name)) continue;
      if (!this.#first.has(name)) this.#first.set(name, value);
      else if (this.#first.get(name) !== value) this.#varied.add(name);
    }
  }

  /** Whether anything but the seed differs. */
  get differs(): boolean {
    return this.#varied.size > (this.#varied.has("seed") ? 1 : 0);
  }

  /** The caption of an asset: its seed, then what differs. */
  caption(params: Params): string {
    const names = Object.keys(params).filter((name) => name === "seed" || this.#varied.has(name));
    return names.length ? describeParams(params, names) : describeTask(params, []);
  }
}
