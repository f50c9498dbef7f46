/** Status and actions of the batch. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { isFinished } from "../../state/announcer";
import { formatCount } from "../../state/format";
import type { KernelLink } from "../../state/link";
import type { BatchSummary } from "../../state/wire.gen";
import { Button } from "../controls";
import { hasFocus } from "../focus";
import type { useActions } from "../requests";
import { BatchBadge } from "./statuses";

interface HeaderProps {
  link: KernelLink;
  batch: BatchSummary;
  send: ReturnType<typeof useActions>["send"];
}

export function Header({ link, batch, send }: HeaderProps) {
  const queue = link.trait("queue").value;
  const ref = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const finished = isFinished(batch);
  const { failed } = batch.counts;
  const ask = { batch: batch.id };

  // A button that has done its work goes away; focus must not fall out of the widget with it.
  const focused = hasFocus(ref.current);
  useLayoutEffect(() => {
    if (focused && !hasFocus(ref.current)) heading.current?.focus();
  });

  return (
    <div class="bgw-panel-head" ref={ref}>
      <h3 class="bgw-title" tabIndex={-1} ref={heading}>
        Progress
      </h3>
      <BatchBadge status={batch.status} />
      <span class="bgw-muted bgw-small bgw-progress-what">
        {batch.generator} · {formatCount(batch.total, "task")}
      </span>
      <span class="bgw-spread" />
      <div class="bgw-actions">
        {failed > 0 && (
          <Button icon="retry" onClick={() => send("batch.retry_failed", ask)}>
            Retry failed
          </Button>
        )}
        {!finished &&
          (queue.paused ? (
            <Button key="queue" icon="play" onClick={() => send("queue.resume", {})}>
              Resume
            </Button>
          ) : (
            <Button key="queue" icon="pause" onClick={() => send("queue.pause", {})}>
              Pause
            </Button>
          ))}
        {!finished && (
          <Button icon="stop" kind="danger" onClick={() => send("batch.cancel", ask)}>
            Cancel batch
          </Button>
        )}
      </div>
    </div>
  );
}
