/** One earlier batch in the list of a project. */

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { shorten } from "../../state/describe";
import { formatCount } from "../../state/format";
import type { IdThumbnails } from "../../state/idThumbnails";
import { formatMoment, formatWhen } from "../../state/when";
import type { BatchSummary, HistoryRow } from "../../state/wire.gen";
import { countsOf, Strip } from "../../views/history/BatchRow";
import { Icon } from "../../views/icons";
import { BatchBadge } from "../../views/progress/statuses";

interface PastBatchProps {
  row: HistoryRow | null | undefined;
  /** The batch as a kernel tells it right now. */
  live: BatchSummary | undefined;
  index: number;
  total: number;
  height: number;
  /** Whether Tab leads here. */
  active: boolean;
  thumbnails: IdThumbnails;
  onFocus: () => void;
  onOpen: (row: HistoryRow) => void;
  /** Read it again. */
  onRenew: () => void;
}

/** How often the row of a batch that runs is read again, at most. */
const FOLLOW_MS = 3000;

export function PastBatch(props: PastBatchProps) {
  const { row, live, index, total, height, active, thumbnails, onFocus, onOpen } = props;
  const button = useFollowing(props);
  const now = row && live ? { ...row, status: live.status, counts: live.counts, tasks: live.total } : row;
  return (
    <li
      class="bgw-lab-past"
      aria-setsize={total}
      aria-posinset={index + 1}
      style={{ top: `${index * height}px`, height: `${height}px` }}
    >
      <button
        type="button"
        ref={button}
        data-index={index}
        tabIndex={active ? 0 : -1}
        title={now ? [formatMoment(now.created_at), now.summary, countsOf(now)].filter(Boolean).join("\n") : undefined}
        aria-disabled={now ? undefined : "true"}
        onFocus={onFocus}
        onClick={() => now && onOpen(now)}
      >
        {now ? (
          <>
            <Strip ids={now.thumbnails} thumbnails={thumbnails} />
            <span class="bgw-lab-past-words">
              <span class="bgw-lab-cut">
                <bdi class="bgw-lab-generator">{now.generator}</bdi>
                {now.prompt && <bdi class="bgw-muted"> {shorten(now.prompt)}</bdi>}
              </span>
              <span class="bgw-lab-line bgw-small">
                <BatchBadge status={now.status} />
                <span class="bgw-spread" />
                {now.favorites > 0 && (
                  <span class="bgw-lab-stars bgw-number">
                    <Icon name="star" filled />
                    {formatCount(now.favorites)}
                    <span class="bgw-sr-only"> favorites</span>
                  </span>
                )}
              </span>
              <span class="bgw-lab-cut bgw-small bgw-muted bgw-number">
                {formatWhen(now.created_at)} · {formatCount(now.assets, "result")}
              </span>
            </span>
          </>
        ) : (
          <span class="bgw-small bgw-muted">{row === null ? "This batch is gone." : "Loading"}</span>
        )}
      </button>
    </li>
  );
}

/** Results and pictures are in the row alone, so it is read again as more tasks complete: now and then, and while somebody looks. */
function useFollowing({ row, live, onRenew }: PastBatchProps): RefObject<HTMLButtonElement | null> {
  const button = useRef<HTMLButtonElement>(null);
  const lastAt = useRef(Number.NEGATIVE_INFINITY);
  const completed = live?.counts.completed;
  useEffect(() => {
    if (!row || completed === undefined || completed === row.counts.completed) return;
    const look = () => {
      if (document.hidden || !button.current?.checkVisibility()) {
        timer = setTimeout(look, FOLLOW_MS);
        return;
      }
      lastAt.current = performance.now();
      onRenew();
    };
    let timer = setTimeout(look, Math.max(0, lastAt.current + FOLLOW_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [row, completed]);
  return button;
}
