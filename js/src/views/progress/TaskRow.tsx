/** One task: what it is, where it stands, and what can be done about it. Always of the same height. */

import { describeTask } from "../../state/describe";
import { formatDuration } from "../../state/format";
import type { RunningTask, TaskRow } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";
import { TASK_LOOKS, type TaskStatus } from "./statuses";

interface TaskRowProps {
  index: number;
  total: number;
  status: TaskStatus;
  row: TaskRow | undefined;
  running: RunningTask | undefined;
  preview: string | null;
  top: number;
  opened: boolean;
  detailsId: string;
  onDetails: () => void;
  onCancel: () => void;
  onRetry: () => void;
}

/** What the row says of itself below its parameters. */
function subline(status: TaskStatus, row: TaskRow | undefined, running: RunningTask | undefined): string {
  if (status === "running") return running?.message ?? row?.message ?? "";
  // A row of before the last change has nothing to say about what it is now.
  if (row?.status !== status) return "";
  if (status === "failed") return row.error ?? "Failed without a message.";
  // The last message of a task that is done ("step 20 of 20") says no more than its status.
  return row.error ?? "";
}

function State({ index, status, row, running }: Pick<TaskRowProps, "index" | "status" | "row" | "running">) {
  if (status === "running") {
    const progress = running?.progress ?? null;
    const percent = progress === null ? undefined : Math.round(100 * progress);
    return (
      <div class="bgw-task-state">
        <span class="bgw-task-bar-text bgw-number">{percent === undefined ? "Running" : `${percent} %`}</span>
        <div
          class={`bgw-task-bar${percent === undefined ? " bgw-is-unknown" : ""}`}
          role="progressbar"
          aria-label={`Task ${index}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
        >
          <div style={percent === undefined ? undefined : { width: `${percent}%` }} />
        </div>
      </div>
    );
  }
  const took =
    row?.status === status && row.started_at !== null && row.completed_at !== null
      ? formatDuration(row.completed_at - row.started_at)
      : null;
  return (
    <div class="bgw-task-state">
      <span>{TASK_LOOKS[status].word}</span>
      {took && <span class="bgw-muted bgw-small bgw-number">{took}</span>}
    </div>
  );
}

function Action({ index, status, onCancel, onRetry }: Pick<TaskRowProps, "index" | "status" | "onCancel" | "onRetry">) {
  if (status === "queued" || status === "running") {
    return <IconButton key="action" icon="close" label={`Cancel task ${index}`} onClick={onCancel} />;
  }
  if (status === "completed") return <span class="bgw-task-no-action" />;
  return <IconButton key="action" icon="retry" label={`Retry task ${index}`} onClick={onRetry} />;
}

export function TaskRowView(props: TaskRowProps) {
  const { index, total, status, row, running, preview, top, opened, detailsId, onDetails } = props;
  const hasDetails = row?.status === status && Boolean(row.error || row.traceback || row.log);
  const message = subline(status, row, running);
  return (
    <li
      data-index={index}
      class={`bgw-task bgw-is-${status}${opened ? " bgw-is-open" : ""}`}
      aria-setsize={total}
      aria-posinset={index + 1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span class="bgw-task-picture">
        {preview ? (
          <img src={preview} alt={`Live preview of task ${index}`} />
        ) : (
          <Icon name={TASK_LOOKS[status].icon} />
        )}
      </span>
      <span class="bgw-task-index bgw-number">
        <span class="bgw-sr-only">Task </span>
        {index}
      </span>
      <div class="bgw-task-text">
        <span class="bgw-task-params" title={row && describeTask(row.params, row.varied)}>
          {row ? describeTask(row.params, row.varied) : <span class="bgw-line-skeleton" />}
        </span>
        {message && (
          <span class="bgw-task-message" title={message}>
            {message}
          </span>
        )}
      </div>
      <State index={index} status={status} row={row} running={running} />
      <div class="bgw-task-actions">
        {hasDetails && (
          <IconButton
            key="details"
            icon="chevron"
            class="bgw-task-disclosure"
            label={`Details of task ${index}`}
            expanded={opened}
            controls={opened ? detailsId : undefined}
            onClick={onDetails}
          />
        )}
        <Action {...props} />
      </div>
    </li>
  );
}
