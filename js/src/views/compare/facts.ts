/** What tells assets apart, and what they share. */

import { formatName } from "../../state/describe";
import { formatBytes, formatDuration, formatValue } from "../../state/format";
import type { AssetRecord } from "../../state/wire.gen";

export interface Row {
  label: string;
  /** One text per asset; null where it has no such value. */
  values: (string | null)[];
}

export interface Comparison {
  differing: Row[];
  same: Row[];
}

type Value = AssetRecord["params"][string] | undefined;
type Read = (record: AssetRecord) => string | null;

const FILE: [string, Read][] = [
  ["Dimensions", ({ width, height }) => (width && height ? `${width} × ${height}` : null)],
  ["Duration", ({ duration }) => (duration ? formatDuration(duration) : null)],
  ["File size", ({ file_size: size }) => formatBytes(size)],
];

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function namesIn(records: readonly AssetRecord[], group: "params" | "metrics"): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record[group])))];
}

/** Values as texts: as they are shown, or in full where numbers that differ are shown alike. */
function textsOf(values: readonly Value[]): (string | null)[] {
  const texts = values.map((value) => (value === undefined ? null : formatValue(value)));
  const hides = new Set(texts).size < new Set(values).size;
  return hides ? values.map((value) => (value === undefined ? null : String(value ?? "none"))) : texts;
}

/** Parameters, then metrics, then facts of the files, each in the order of the first asset. */
export function compareRecords(records: readonly AssetRecord[]): Comparison {
  const rows: Row[] = (["params", "metrics"] as const).flatMap((group) =>
    namesIn(records, group).map((name) => ({
      label: capitalize(formatName(name)),
      values: textsOf(records.map((record) => record[group][name])),
    })),
  );
  for (const [label, read] of FILE) rows.push({ label, values: records.map(read) });
  const known = rows.filter(({ values }) => values.some((value) => value !== null));
  const differs = ({ values }: Row) => values.some((value) => value !== values[0]);
  return { differing: known.filter(differs), same: known.filter((row) => !differs(row)) };
}
