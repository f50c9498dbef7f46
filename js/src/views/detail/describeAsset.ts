/** What is known about an asset, in words to read and to copy. */

import { formatName } from "../../state/describe";
import { formatBytes, formatDuration, formatValue } from "../../state/format";
import type { AssetRecord } from "../../state/wire.gen";

export interface Fact {
  label: string;
  value: string;
  /** What is copied, where it is not what is shown. */
  copy?: string;
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Names with the seed's first. */
export function seedFirst(names: readonly string[], seed: string): string[] {
  return names.includes(seed) ? [seed, ...names.filter((name) => name !== seed)] : [...names];
}

function valueFacts(values: AssetRecord["params"], names: readonly string[]): Fact[] {
  return names.map((name) => {
    const value = values[name] ?? null;
    return {
      label: capitalize(formatName(name)),
      value: formatValue(value),
      copy: value === null ? "" : String(value),
    };
  });
}

function fileFacts(record: AssetRecord): Fact[] {
  const facts: Fact[] = [
    { label: "Name", value: record.name },
    { label: "Size", value: formatBytes(record.file_size), copy: String(record.file_size) },
  ];
  if (record.width && record.height) facts.push({ label: "Dimensions", value: `${record.width} × ${record.height}` });
  if (record.duration) {
    facts.push({ label: "Duration", value: formatDuration(record.duration), copy: String(record.duration) });
  }
  facts.push({ label: "Created", value: TIME.format(record.created_at * 1000) });
  if (record.task_seconds !== null) {
    facts.push({ label: "Took", value: formatDuration(record.task_seconds), copy: String(record.task_seconds) });
  }
  facts.push({ label: "Task", value: String(record.task_index) }, { label: "Path", value: record.path });
  return facts;
}

export function groupsOf(record: AssetRecord, seed: string): { title: string; facts: Fact[] }[] {
  return [
    { title: "Parameters", facts: valueFacts(record.params, seedFirst(Object.keys(record.params), seed)) },
    { title: "Metrics", facts: valueFacts(record.metrics, Object.keys(record.metrics)) },
    { title: "File", facts: fileFacts(record) },
  ].filter(({ facts }) => facts.length);
}

/** Everything about an asset as JSON. */
export function asJson(record: AssetRecord): string {
  const { name, path, kind, width, height, duration, file_size, created_at, task_index, params, metrics } = record;
  const created = new Date(created_at * 1000).toISOString();
  const about = { name, path, kind, width, height, duration, file_size, created, task: task_index };
  return JSON.stringify({ ...about, parameters: params, metrics, parents: record.parents }, null, 2);
}

function asLiteral(value: AssetRecord["params"][string]): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  // Python reads all of JSON's escapes.
  return JSON.stringify(value);
}

/** The parameters as a Python call takes them, one to a line. */
export function asPython(record: AssetRecord, seed: string): string {
  const names = seedFirst(Object.keys(record.params), seed);
  return names.map((name) => `${name}=${asLiteral(record.params[name] ?? null)},`).join("\n");
}
