/** Status and actions of the batch. */

import { useRef } from "preact/hooks";
import { isFinished } from "../../state/batch";
import { formatCount } from "../../state/format";
import type { KernelLink } from "../../state/link";
import type { BatchSummary } from "../../state/wire.gen";
import { Button } from "../controls";
import { useKeptFocus } from "../focus";
import { MenuButton } from "../menu";
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
  const { failed, cancelled, interrupted } = batch.counts;
  const ask = { batch: batch.id };

  // A button that has done its work goes away; focus must not fall out of the widget with it.
  useKeptFocus(ref, () => heading.current?.focus());

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
            <span>
              Retry<span class="bgw-word"> failed</span>
            </span>
          </Button>
        )}
        {finished && cancelled + interrupted > 0 && (
          <Button icon="play" onClick={() => send("batch.resume", ask)}>
            <span>
              Resume<span class="bgw-word"> batch</span>
            </span>
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
          <MenuButton
            link={link}
            icon="stop"
            items={[
              {
                label: "Stop after the running tasks",
                hint: "They finish; what waits stays in the queue.",
                onSelect: () => send("batch.stop", { ...ask, how: "after_running" }),
              },
              batch.executor.hard_cancel
                ? {
                    label: "Stop now",
                    hint: "Running tasks are ended, also those that don’t listen. What waits stays in the queue.",
                    onSelect: () => send("batch.stop", { ...ask, how: "now" }),
                  }
                : {
                    label: "Ask running tasks to stop now",
                    hint: "Each ends when its generator next reports. What waits stays in the queue.",
                    onSelect: () => send("batch.stop", { ...ask, how: "now" }),
                  },
            ]}
          >
            Stop
          </MenuButton>
        )}
        {!finished && (
          <Button icon="close" kind="danger" onClick={() => send("batch.cancel", ask)}>
            <span>
              Cancel<span class="bgw-word"> batch</span>
            </span>
          </Button>
        )}
      </div>
    </div>
  );
}
