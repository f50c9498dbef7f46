/** The tasks of the batch in a window: only the rows on screen exist, and only they are asked for. */

import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { tasks, underway } from "../../parts";
import { isFinished } from "../../state/batch";
import type { KernelLink } from "../../state/link";
import type { Previews } from "../../state/previews";
import { TaskRows } from "../../state/rows";
import { type BatchSummary, type RunningTask, TASK_STATUSES, type TaskRef } from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { useKeptFocus } from "../focus";
import { useUniqueId } from "../ids";
import { Late } from "../late";
import type { useActions } from "../requests";
import { useScrollArea, visibleRows } from "../scrolling";
import { TaskRowView } from "./TaskRow";

export const ROW_HEIGHT = 48;
const MAX_HEIGHT = 6.5 * ROW_HEIGHT;
const EXTRA_ROWS = 3;

interface TaskListProps {
  link: KernelLink;
  batch: BatchSummary;
  send: ReturnType<typeof useActions>["send"];
  /** A task to bring into view with its details; taken once. */
  wanted: Signal<number | null>;
  /** A task that has got other parameters. */
  edited: Signal<TaskRef | null>;
}

/** Live previews of running tasks, once there are any. */
function usePreviews(link: KernelLink, batch: string, running: readonly RunningTask[]): Previews | null {
  const previews = useSignal<Previews | null>(null);
  const wanted = useRef(false);
  wanted.current ||= running.some(({ preview }) => preview > 0);
  useEffect(() => {
    if (!wanted.current) return;
    let left = false;
    const begin = (exports: NonNullable<typeof underway.ready>) => {
      if (!left) previews.value = new exports.Previews(link, batch);
    };
    if (underway.ready) begin(underway.ready);
    // Without previews the rows show what their tasks say.
    else void underway.load(link).then(begin, () => {});
    return () => {
      left = true;
      previews.peek()?.close();
      previews.value = null;
    };
  }, [link, batch, wanted.current]);
  useEffect(() => previews.value?.show(running));
  return previews.value;
}

/** One batch; give it the batch's id as its key. */
export function TaskList({ link, batch, send, wanted, edited }: TaskListProps) {
  const { id, total } = batch;
  const rows = useMemo(() => new TaskRows(link, id), [link, id]);
  useEffect(() => () => rows.close(), [rows]);

  const area = useScrollArea();
  const following = useSignal(true);
  const opened = useSignal<number | null>(null);
  const detailsId = useUniqueId();
  const list = useRef<HTMLDivElement>(null);

  const trait = link.trait("task_status");
  const running = link.trait("running").value;
  const status = useComputed(() => {
    const { buffer, byteOffset, byteLength } = trait.value;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  const shown = visibleRows(area.top.value, area.height.value, ROW_HEIGHT, total, EXTRA_ROWS);
  const { first, last } = shown;
  const runningHere = running.filter(({ index }) => index >= first && index < last);

  useEffect(() => rows.show(first, last, status.value), [rows, first, last, status.value]);
  const previews = usePreviews(link, id, runningHere);

  // The first task that runs stays in view, with one above it, until a person scrolls.
  const lastTarget = useRef<number | null>(null);
  if (running.length) lastTarget.current = Math.min(...running.map(({ index }) => index));
  const target = lastTarget.current;
  const overflows = area.height.value > 0 && total * ROW_HEIGHT > area.height.value;
  const targetInView =
    target !== null &&
    target * ROW_HEIGHT >= area.top.value &&
    (target + 1) * ROW_HEIGHT <= area.top.value + area.height.value;
  const followTo = () => {
    if (target !== null && overflows) area.scrollTo(Math.max(0, (target - 1) * ROW_HEIGHT));
  };
  useLayoutEffect(() => {
    if (following.peek()) followTo();
  }, [target, total, overflows]);

  // A row's button may go when its task ends; focus then stays in the list.
  useKeptFocus(list, () => area.ref.current?.focus({ preventScroll: true }));

  const openedRow = opened.value === null ? undefined : rows.get(opened.value);
  const closeDetails = () => {
    const row = opened.peek();
    opened.value = null;
    const toggle = list.current?.querySelector<HTMLElement>(`[data-index="${row}"] .bgw-task-disclosure`);
    (toggle ?? area.ref.current)?.focus({ preventScroll: true });
  };
  useSignalEffect(() => {
    // A task that runs again has no error to show any more.
    if (opened.value !== null && TASK_STATUSES[status.value[opened.value] ?? 0] === "running") opened.value = null;
  });

  /** Whether the details take the focus when they are drawn. */
  const sought = useRef(false);
  useLayoutEffect(() => {
    const index = wanted.value;
    if (index === null) return;
    wanted.value = null;
    following.value = false;
    area.scrollTo((index + 0.5) * ROW_HEIGHT - area.height.peek() / 2);
    opened.value = index;
    sought.current = true;
  }, [wanted.value]);
  useEffect(() => {
    if (edited.value?.batch === id) rows.refresh(edited.value.index);
  }, [edited.value]);

  const ask = (index: number) => ({ batch: id, index });
  const runningByIndex = new Map(runningHere.map((task) => [task.index, task]));
  const indexes = Array.from({ length: last - first }, (_, i) => first + i);
  return (
    <div class="bgw-tasks">
      <div class="bgw-tasks-frame" ref={list}>
        {/* biome-ignore lint/a11y/useSemanticElements: a section would be a landmark per batch */}
        <div
          class="bgw-tasks-area"
          role="group"
          aria-label="Tasks"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the area scrolls by keyboard
          tabIndex={0}
          ref={area.ref}
          style={{ "--bgw-height": `${Math.min(MAX_HEIGHT, total * ROW_HEIGHT)}px` }}
          onScroll={() => {
            if (area.onScroll()) following.value = false;
          }}
        >
          <ul
            class="bgw-tasks-rows"
            style={{ height: `${total * ROW_HEIGHT}px`, "--bgw-digits": `${String(total - 1).length}.2ch` }}
            onFocusIn={() => {
              following.value = false;
            }}
          >
            {indexes.map((index) => (
              <TaskRowView
                key={index}
                index={index}
                total={total}
                status={TASK_STATUSES[status.value[index] ?? 0] ?? "queued"}
                row={rows.get(index)}
                running={runningByIndex.get(index)}
                preview={previews?.get(index) ?? null}
                top={index * ROW_HEIGHT}
                opened={opened.value === index}
                detailsId={detailsId}
                onDetails={() => {
                  opened.value = opened.peek() === index ? null : index;
                }}
                onCancel={() => send("task.cancel", ask(index))}
                onRetry={() => send("task.retry", ask(index))}
              />
            ))}
          </ul>
        </div>
        {overflows && !following.value && !targetInView && !isFinished(batch) && (
          <div class="bgw-follow">
            <Button
              icon="down"
              onClick={() => {
                following.value = true;
                followTo();
              }}
            >
              Follow
            </Button>
          </div>
        )}
      </div>
      {rows.problem.value && (
        <Notice>
          The tasks could not be read: {rows.problem.value}{" "}
          <Button icon="retry" onClick={() => rows.retry()}>
            Try again
          </Button>
        </Notice>
      )}
      {opened.value !== null && (
        <Late part={tasks} link={link} what="the details of this task" id={detailsId}>
          {({ TaskDetails }) => (
            <TaskDetails
              id={detailsId}
              index={opened.value ?? 0}
              row={openedRow}
              sought={sought}
              onClose={closeDetails}
            />
          )}
        </Late>
      )}
    </div>
  );
}
