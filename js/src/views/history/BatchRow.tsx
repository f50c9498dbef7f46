/** One batch in the list. */

import { formatCount, formatDuration } from "../../state/format";
import type { IdThumbnails } from "../../state/idThumbnails";
import { formatMoment, formatWhen } from "../../state/when";
import type { HistoryRow } from "../../state/wire.gen";
import { Icon } from "../icons";
import { BatchBadge } from "../progress/statuses";

export const THUMBNAILS = 4;

interface StripProps {
  ids: readonly string[];
  thumbnails: IdThumbnails;
}

/** The first results of a batch. */
export function Strip({ ids, thumbnails }: StripProps) {
  if (!ids.length) {
    return (
      <span class="bgw-strip" aria-hidden="true">
        <span class="bgw-strip-none bgw-small bgw-muted">No results</span>
      </span>
    );
  }
  return (
    <span class="bgw-strip" aria-hidden="true">
      {Array.from({ length: THUMBNAILS }, (_, i) => ids[i] ?? null).map((id, i) => {
        const url = id === null ? null : thumbnails.get(id);
        return url ? <img key={i} src={url} alt="" draggable={false} /> : <PictureGap key={i} asked={id !== null} />;
      })}
    </span>
  );
}

/** In the place of a picture that is not here: not yet, not any more, or never made. */
function PictureGap({ asked }: { asked: boolean }) {
  return <span class={asked ? "bgw-strip-gap bgw-is-asked" : "bgw-strip-gap"}>{asked && <Icon name="image" />}</span>;
}

/** "22 of 24 tasks, 2 failed · 22 results". */
export function countsOf({ counts, tasks, assets }: HistoryRow): string {
  const done =
    counts.completed === tasks
      ? formatCount(tasks, "task")
      : `${formatCount(counts.completed)} of ${formatCount(tasks, "task")}`;
  const failed = counts.failed ? `, ${formatCount(counts.failed)} failed` : "";
  return `${done}${failed} · ${formatCount(assets, "result")}`;
}

interface BatchRowProps {
  row: HistoryRow | null | undefined;
  id: string;
  index: number;
  total: number;
  top: number;
  height: number;
  active: boolean;
  checked: boolean;
  /** Whether the gallery shows this batch. */
  shown: boolean;
  thumbnails: IdThumbnails;
  onPress: (event: MouseEvent) => void;
  onCheck: () => void;
  onOpen: () => void;
}

export function BatchRow({
  row,
  id,
  index,
  total,
  top,
  height,
  active,
  checked,
  shown,
  thumbnails,
  ...on
}: BatchRowProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the list has the focus and the keys
    <div
      role="option"
      id={id}
      class={`bgw-past${active ? " bgw-is-active" : ""}${checked ? " bgw-is-checked" : ""}`}
      aria-selected={checked}
      aria-setsize={total}
      aria-posinset={index + 1}
      style={{ top: `${top}px`, height: `${height}px` }}
      onClick={on.onPress}
      onDblClick={on.onOpen}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: Space does the same */}
      <span
        class="bgw-past-check"
        title="Choose to compare"
        onClick={(event) => {
          event.stopPropagation();
          on.onCheck();
        }}
      >
        <span>{checked && <Icon name="check" />}</span>
      </span>
      {row ? (
        <>
          <Strip ids={row.thumbnails} thumbnails={thumbnails} />
          <span class="bgw-past-words">
            <span class="bgw-past-title">
              <bdi class="bgw-past-generator">{row.generator}</bdi>
              {row.prompt && <bdi class="bgw-past-prompt"> {row.prompt}</bdi>}
            </span>
            <bdi class="bgw-past-summary bgw-small bgw-muted">{row.summary}</bdi>
            <span class="bgw-small bgw-muted bgw-number bgw-past-counts">
              {countsOf(row)}
              {row.favorites > 0 && (
                <span class="bgw-past-favorites">
                  <Icon name="star" filled />
                  {formatCount(row.favorites)}
                  <span class="bgw-sr-only"> favorites</span>
                </span>
              )}
            </span>
          </span>
          <span class="bgw-past-facts">
            <BatchBadge status={row.status} />
            <time class="bgw-small bgw-number" title={formatMoment(row.created_at)}>
              {formatWhen(row.created_at)}
            </time>
            <span class="bgw-small bgw-muted bgw-number">
              {shown ? "on show" : row.duration === null ? "" : `took ${formatDuration(row.duration)}`}
            </span>
          </span>
        </>
      ) : (
        <span class="bgw-past-words bgw-muted">{row === null ? "This batch is gone." : "Loading"}</span>
      )}
    </div>
  );
}
