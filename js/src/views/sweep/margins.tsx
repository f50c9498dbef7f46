/** What stands at the edges of the table: labels, and what rows and columns add up to. */

import { formatName } from "../../state/describe";
import { formatCount } from "../../state/format";
import { Icon } from "../icons";
import type { Place } from "./layout";
import type { Sum } from "./table";

/** Three figures, so that means stand in line. */
function formatMean(mean: number): string {
  return Math.abs(mean) < 1000 ? mean.toPrecision(3) : formatCount(mean);
}

export function shareInWords({ favorites, results }: Sum): string {
  return `${formatCount(favorites)} / ${formatCount(results)}`;
}

/** "3 favorites of 8 results, mean clip score 0.31" */
function sumInWords({ results, favorites, mean }: Sum, metric: string | null): string {
  const counts = `${formatCount(favorites, "favorite")} of ${formatCount(results, "result")}`;
  return metric && mean !== null ? `${counts}, mean ${formatName(metric)} ${formatMean(mean)}` : counts;
}

interface LabelProps {
  role: "rowheader" | "columnheader";
  /** Counted from 1. */
  index: number;
  text: string | undefined;
  /** All of it, where `text` is short for something. */
  title?: string | undefined;
  width: number;
  gap?: number;
  class?: string;
}

export function Label({ role, index, text, title, width, gap = 0, class: extra = "" }: LabelProps) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a place in their row
    <div
      role={role}
      class={`bgw-sweep-label ${extra}`}
      aria-colindex={index}
      title={title}
      style={{ width: `${width}px`, marginLeft: `${gap}px` }}
    >
      <span class="bgw-sweep-words">{text}</span>
    </div>
  );
}

interface SumCellProps {
  sum: Sum;
  metric: string | null;
  /** Of what it is the sum. */
  of: string;
  place: Place;
  /** The cell with the focus. */
  at: Place;
  /** Where the mean stands among its neighbours, from 0 to 1. */
  heat: number | null;
  width: number;
  gap?: number;
  onFocus: (row: number, column: number) => void;
}

/** What a row, a column or all of it adds up to. */
export function SumCell({ sum, metric, of, place, at, heat, width, gap = 0, onFocus }: SumCellProps) {
  const { results, favorites, mean } = sum;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table can't be drawn in part
    <div
      role="gridcell"
      class="bgw-sweep-sum bgw-number"
      data-row={place.row}
      data-column={place.column}
      aria-colindex={place.column + 2}
      tabIndex={at.row === place.row && at.column === place.column ? 0 : -1}
      style={{ width: `${width}px`, marginLeft: `${gap}px` }}
      onFocusIn={() => onFocus(place.row, place.column)}
    >
      <span class="bgw-sr-only">{`${of}: ${sumInWords(sum, metric)}`}</span>
      <span class="bgw-sweep-share" aria-hidden="true">
        <Icon name="star" filled={favorites > 0} />
        {shareInWords(sum)}
      </span>
      <span class="bgw-sweep-bar">
        <span class="bgw-sweep-bar-part" style={{ width: `${results ? (100 * favorites) / results : 0}%` }} />
      </span>
      {metric && (
        <span class="bgw-sweep-mean" aria-hidden="true" style={{ "--bgw-heat": `${Math.round((heat ?? 0) * 30)}%` }}>
          {mean === null ? "–" : formatMean(mean)}
        </span>
      )}
    </div>
  );
}

/** Where each mean stands between the least and the greatest of them. */
export function heatOf(sums: readonly Sum[]): (sum: Sum) => number | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { mean } of sums) {
    if (mean === null) continue;
    low = Math.min(low, mean);
    high = Math.max(high, mean);
  }
  return (sum) => (sum.mean === null || high <= low ? null : (sum.mean - low) / (high - low));
}
