/** The batch as a whole: its bar, its counts, its times. */

import { isFinished, summarize } from "../../state/batch";
import { formatCount, formatElapsed } from "../../state/format";
import type { BatchSummary } from "../../state/wire.gen";
import { Icon } from "../icons";
import { TASK_LOOKS, type TaskStatus } from "./statuses";

/** Those that are always said, and those that are said when there are any. */
const ALWAYS: readonly TaskStatus[] = ["completed", "failed", "running", "queued"];
const SOMETIMES: readonly TaskStatus[] = ["cancelled", "interrupted"];
/** From left to right in the bar; what is queued is its ground. */
const SEGMENTS: readonly TaskStatus[] = ["completed", "failed", "cancelled", "interrupted"];

interface BarProps {
  batch: BatchSummary;
  /** How much of the running tasks is done, in tasks. */
  underway: number;
  label?: string;
}

export function OverallBar({ batch, underway, label = "Batch progress" }: BarProps) {
  const { counts, total } = batch;
  const settled = total - counts.queued - counts.running;
  const share = (tasks: number) => `${(100 * tasks) / Math.max(1, total)}%`;
  const percent = Math.floor((100 * (settled + underway)) / Math.max(1, total));
  const words = [`${settled} of ${total} done`];
  if (counts.failed) words.push(`${counts.failed} failed`);
  if (counts.running) words.push(`${counts.running} running`);
  return (
    <div class="bgw-overall">
      <div
        class="bgw-overall-bar"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words.join(", ")}
      >
        {SEGMENTS.map(
          (status) =>
            counts[status] > 0 && (
              <div key={status} class={`bgw-segment-bar bgw-is-${status}`} style={{ width: share(counts[status]) }} />
            ),
        )}
        {counts.running > 0 && (
          <div key="running" class="bgw-segment-bar bgw-is-running" style={{ width: share(counts.running) }}>
            <div style={{ width: `${(100 * underway) / counts.running}%` }} />
          </div>
        )}
      </div>
      <span class="bgw-overall-percent bgw-number" aria-hidden="true">
        {percent} %
      </span>
    </div>
  );
}

function Counts({ batch: { counts } }: { batch: BatchSummary }) {
  const statuses = [...ALWAYS, ...SOMETIMES.filter((status) => counts[status] > 0)];
  return (
    <ul class="bgw-counts" aria-label="Tasks by status">
      {statuses.map((status) => (
        <li key={status} class={`bgw-count bgw-is-${status}${counts[status] ? "" : " bgw-is-none"}`}>
          <Icon name={TASK_LOOKS[status].icon} />
          <span class="bgw-number">{formatCount(counts[status])}</span> {TASK_LOOKS[status].word.toLowerCase()}
        </li>
      ))}
    </ul>
  );
}

function formatRate(rate: number): string {
  return `${rate < 9.95 ? rate.toFixed(1) : formatCount(Math.round(rate))} tasks/min`;
}

const TIME_OF_DAY = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Counts, elapsed, time left and pace while the batch runs, and its summary once it is over; in the same place. */
export function Figures({ batch, now }: { batch: BatchSummary; now: number }) {
  const { started_at, completed_at, eta_s, rate_per_min, status } = batch;
  if (isFinished(batch)) {
    return (
      <div class="bgw-figures">
        <p class="bgw-summary bgw-number">{summarize(batch)}</p>
        {completed_at !== null && <p class="bgw-times">Ended {TIME_OF_DAY.format(completed_at * 1000)}</p>}
      </div>
    );
  }
  const times = [started_at === null ? "Not started yet" : `Elapsed ${formatElapsed(now - started_at)}`];
  if (status === "running" && eta_s !== null) times.push(`about ${formatElapsed(Math.max(1, Math.ceil(eta_s)))} left`);
  if (rate_per_min !== null) times.push(formatRate(rate_per_min));
  return (
    <div class="bgw-figures">
      <Counts batch={batch} />
      <p class="bgw-times bgw-number">{times.join(" · ")}</p>
    </div>
  );
}
