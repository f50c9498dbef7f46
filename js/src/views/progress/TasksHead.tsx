/** The line above the tasks: why tasks failed, and the way into the queue. It is always there, so that neither moves the list. */

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { FailureGroup, QueueSummary } from "../../state/wire.gen";
import { useKeptFocus } from "../focus";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";

interface FailureProps {
  group: FailureGroup;
  onShow: (task: number) => void;
}

function Failure({ group: { error, count, first }, onShow }: FailureProps) {
  const text = `${formatCount(count, "task")}: ${error}`;
  return (
    <div class="bgw-failure">
      <Icon name="alert" />
      <span class="bgw-failure-text" title={text}>
        <b class="bgw-number">{formatCount(count, "task")}:</b> {error}
      </span>
      <button
        type="button"
        class="bgw-button bgw-small-button"
        aria-label={`Show the first of ${text}`}
        onClick={() => onShow(first)}
      >
        Show
      </button>
    </div>
  );
}

interface TasksHeadProps {
  failures: readonly FailureGroup[];
  queue: QueueSummary;
  queueId: string;
  heading: RefObject<HTMLHeadingElement | null>;
  queueOpen: Signal<boolean>;
  onShow: (task: number) => void;
}

export function TasksHead({ failures, queue, queueId, queueOpen, heading, onShow }: TasksHeadProps) {
  const ref = useRef<HTMLDivElement>(null);
  const moreId = useUniqueId();
  const unfolded = useSignal(false);
  useKeptFocus(ref, () => heading.current?.focus());
  const [most, ...others] = failures;
  const open = unfolded.value && others.length > 0;
  const { tasks, batches } = queue;
  return (
    <div class="bgw-tasks-head" ref={ref}>
      <div class={`bgw-tasks-line${most ? " bgw-has-failures" : ""}`}>
        <h4 class="bgw-subtitle bgw-tasks-title" tabIndex={-1} ref={heading}>
          Tasks
        </h4>
        <div class="bgw-failures">
          {most && <Failure group={most} onShow={onShow} />}
          {others.length > 0 && (
            <button
              type="button"
              class="bgw-button bgw-small-button bgw-unfold"
              aria-expanded={open}
              aria-controls={open ? moreId : undefined}
              onClick={() => {
                unfolded.value = !open;
              }}
            >
              <span>
                +{others.length}
                <span class="bgw-failures-word"> {others.length === 1 ? "cause" : "causes"}</span>
              </span>
              <Icon name="chevron" />
            </button>
          )}
        </div>
        {tasks > 0 && (
          <button
            type="button"
            class="bgw-button bgw-quiet bgw-small-button bgw-unfold bgw-queue-toggle"
            aria-expanded={queueOpen.value}
            aria-controls={queueOpen.value ? queueId : undefined}
            onClick={() => {
              queueOpen.value = !queueOpen.value;
            }}
          >
            <Icon name="queue" />
            <span class="bgw-number">
              Queue · {formatCount(tasks, "task")} in {formatCount(batches)} {batches === 1 ? "batch" : "batches"}
            </span>
            <Icon name="chevron" />
          </button>
        )}
      </div>
      {open && (
        <ul class="bgw-failures-more" id={moreId} aria-label="More causes of failure">
          {others.map((group) => (
            <li key={group.error}>
              <Failure group={group} onShow={onShow} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
