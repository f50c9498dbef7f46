/** One waiting task: its handle, its batch, what it is, and what can be done about it. Always of the same height. */

import { describeTask, shortBatch } from "../../state/describe";
import type { QueueRow } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";
import { EDIT, GRIP, TO_FRONT } from "./icons";
import type { Reorder } from "./reorder";

interface QueueRowProps {
  position: number;
  total: number;
  top: number;
  row: QueueRow | undefined;
  /** The task's key, where it is known. */
  task: string | undefined;
  /** The first of several of its batch, behind tasks of another. */
  head: boolean;
  reorder: Reorder;
  lifted: boolean;
  edited: boolean;
  editorId: string;
  helpId: string;
  onFront: () => void;
  onBatchFront: () => void;
  onEdit: () => void;
  onRemove: () => void;
}

/** "task 3 of poster a1b2c3", for labels and announcements. */
export function nameTask({ batch, index, generator }: QueueRow): string {
  return `task ${index} of ${generator} ${shortBatch(batch)}`;
}

export function QueueRowView(props: QueueRowProps) {
  const { position, total, top, row, task, head, reorder, lifted, edited, editorId, helpId } = props;
  const place = {
    "data-position": position,
    "data-task": task,
    "aria-setsize": total,
    "aria-posinset": position + 1,
    style: { transform: `translateY(${top}px)` },
  };
  if (!row) {
    return (
      <li class="bgw-waiting" {...place}>
        <span class="bgw-line-skeleton" />
      </li>
    );
  }
  const name = nameTask(row);
  const words = describeTask(row.params, row.varied);
  const batch = (
    <>
      <span class="bgw-waiting-generator">{row.generator} </span>
      {shortBatch(row.batch)}
    </>
  );
  return (
    <li class={`bgw-waiting${lifted ? " bgw-is-lifted" : ""}${edited ? " bgw-is-open" : ""}`} {...place}>
      <button
        type="button"
        class="bgw-icon-button bgw-grip"
        data-part="grip"
        aria-label={`Move ${name}`}
        aria-describedby={helpId}
        aria-pressed={lifted}
        title="Drag to move, or press Space"
        {...reorder.grip(position)}
      >
        <Icon name={GRIP} />
      </button>
      <span class="bgw-waiting-params" title={words}>
        {words}
      </span>
      <span class="bgw-waiting-batch" title={`${row.generator} · batch ${row.batch}`}>
        {head ? (
          <button
            type="button"
            class="bgw-batch-front"
            data-part="batch"
            aria-label={`Move all of ${row.generator} ${shortBatch(row.batch)} to the front`}
            title={`Move the whole batch ${row.batch} to the front`}
            onClick={props.onBatchFront}
          >
            <Icon name={TO_FRONT} />
            <span>{batch}</span>
          </button>
        ) : (
          <span>{batch}</span>
        )}
      </span>
      <span class="bgw-waiting-index bgw-number">
        <span class="bgw-waiting-word">Task </span>
        {row.index}
      </span>
      <div class="bgw-waiting-actions">
        <IconButton
          icon={EDIT}
          part="edit"
          label={`Edit ${name}`}
          expanded={edited}
          controls={edited ? editorId : undefined}
          onClick={props.onEdit}
        />
        <IconButton
          icon={TO_FRONT}
          part="front"
          label={`Move ${name} to the front`}
          unavailable={position === 0}
          onClick={props.onFront}
        />
        <IconButton icon="close" part="remove" label={`Remove ${name}`} onClick={props.onRemove} />
      </div>
    </li>
  );
}
