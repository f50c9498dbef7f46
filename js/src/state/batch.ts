/** A batch in words. */

import { formatCount, formatDuration } from "./format";
import type { BatchSummary } from "./wire.gen";

export function isFinished({ status }: Pick<BatchSummary, "status">): boolean {
  return status !== "pending" && status !== "running" && status !== "paused";
}

/** "8 completed in 12 s · 0 failed", and the others where there are any. */
export function summarize({ counts, started_at, completed_at }: BatchSummary): string {
  const took = started_at !== null && completed_at !== null ? ` in ${formatDuration(completed_at - started_at)}` : "";
  const parts = [`${formatCount(counts.completed)} completed${took}`, `${formatCount(counts.failed)} failed`];
  if (counts.cancelled) parts.push(`${formatCount(counts.cancelled)} cancelled`);
  if (counts.interrupted) parts.push(`${formatCount(counts.interrupted)} interrupted`);
  return parts.join(" · ");
}
