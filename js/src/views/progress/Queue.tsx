/** The tasks that wait, of all batches, in the order in which they will run. */

import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import { taskKey, WaitingTasks } from "../../state/waiting";
import type { QueueRow, TaskRef } from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { hasFocus, useKeptFocus } from "../focus";
import { useUniqueId } from "../ids";
import { useActions } from "../requests";
import { useScrollArea, visibleRows } from "../scrolling";
import { ClearQueue } from "./ClearQueue";
import { QueueEditor } from "./QueueEditor";
import { nameTask, QueueRowView } from "./QueueRow";
import { Reorder } from "./reorder";

export const WAITING_HEIGHT = 48;
const MAX_HEIGHT = 5.5 * WAITING_HEIGHT;
const EXTRA_ROWS = 3;

interface QueueProps {
  id: string;
  link: KernelLink;
  /** The section, for whoever has to know that it had the focus when it goes. */
  section: RefObject<HTMLElement | null>;
  /** Told which task has got other parameters. */
  edited: Signal<TaskRef | null>;
}

/** A control of the row with that task or place. */
function partOf(row: "task" | "position", value: string | number, part = "grip"): string {
  return `[data-${row}="${value}"] [data-part="${part}"]`;
}

export function Queue({ id, link, section, edited }: QueueProps) {
  const { problem, dismiss, attempt } = useActions(link);
  const rows = useMemo(() => new WaitingTasks(link), [link]);
  const area = useScrollArea();
  const said = useSignal("");
  const editing = useSignal<QueueRow | null>(null);
  const helpId = useUniqueId();
  const editorId = useUniqueId();
  const list = useRef<HTMLDivElement>(null);
  /** What gets the focus once a row is where it was put. */
  const follow = useRef<string | null>(null);

  const now = link.trait("queue").value;
  const shown = useRef(now);
  const say = (text: string) => {
    said.value = text;
  };
  const name = (position: number) => {
    const row = rows.get(position);
    return row ? nameTask(row) : "task";
  };
  const of = (position: number) => `position ${position + 1} of ${shown.current.tasks}`;

  const place = async (from: number, to: number) => {
    const row = rows.get(from);
    if (!row) return;
    // Tasks that have started since the list stood still have left it at its front.
    const gone = Math.max(0, shown.current.tasks - link.trait("queue").peek().tasks);
    const { batch, index } = row;
    rows.move(from, to);
    const ok = await attempt(() => link.request("queue.move", { batch, index, to: Math.max(0, to - gone) }));
    if (!ok) rows.refresh();
  };
  const reveal = (position: number) => {
    const top = position * WAITING_HEIGHT;
    const { value } = area.top;
    if (top < value) area.scrollTo(top);
    else if (top + WAITING_HEIGHT > value + area.height.value) area.scrollTo(top + WAITING_HEIGHT - area.height.value);
  };
  const drop = (from: number, to: number) => {
    const row = rows.get(from);
    if (!row) return;
    follow.current = partOf("task", taskKey(row), "grip");
    say(`Moved ${nameTask(row)} to ${of(to)}.`);
    reveal(to);
    void place(from, to);
  };
  const reorder = useMemo(() => new Reorder(area, WAITING_HEIGHT), []);
  reorder.owner = {
    total: () => shown.current.tasks,
    onLift: ({ from }) =>
      say(`Lifted ${name(from)}, at ${of(from)}. Arrow keys move it, Space drops it, Escape cancels.`),
    onAim: ({ to, dragged }) => {
      if (dragged) return;
      reveal(to);
      say(`Now at ${of(to)}.`);
    },
    onCancel: ({ from, dragged }) => {
      if (!dragged) reveal(from);
      say(`Not moved: ${name(from)} stays at ${of(from)}.`);
    },
    onDrop: drop,
  };
  useEffect(
    () => () => {
      rows.close();
      reorder.close();
    },
    [rows, reorder],
  );

  // While a row is in the hand, the others keep still.
  const lift = reorder.lift.value;
  if (!lift) shown.current = now;
  const { tasks: total, revision } = shown.current;
  const { first, last } = visibleRows(area.top.value, area.height.value, WAITING_HEIGHT, total, EXTRA_ROWS);
  const mark = `${revision} ${total}`;
  useEffect(() => rows.show(first, last, mark), [rows, first, last, mark]);

  // Rows that leave the queue leave their space, so that nothing below moves; closing gives it back.
  const tallest = useRef(0);
  tallest.current = Math.max(tallest.current, Math.min(MAX_HEIGHT, total * WAITING_HEIGHT));

  // When the focused row leaves, the row that takes its place gets the focus.
  const focus = hasFocus(list.current) ? list.current?.querySelector<HTMLElement>(":focus") : null;
  const part = focus?.dataset["part"];
  const was = Number(focus?.closest<HTMLElement>("[data-position]")?.dataset["position"] ?? 0);
  useKeptFocus(list, () => focusOn(partOf("position", Math.min(was, total - 1), part === "batch" ? "grip" : part)));
  const focusOn = (selector: string) => {
    const target = list.current?.querySelector<HTMLElement>(selector) ?? area.ref.current;
    if (target && !hasFocus(target)) target.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    if (!follow.current || lift) return;
    focusOn(follow.current);
    follow.current = null;
  });

  const ask = async (words: string, action: () => Promise<unknown>) => {
    if (await attempt(action)) say(words);
    else rows.refresh();
  };
  const closeEditor = () => {
    const row = editing.peek();
    editing.value = null;
    if (row) focusOn(partOf("task", taskKey(row), "edit"));
  };

  const places = Array.from({ length: last - first }, (_, i) => first + i);
  // The row in the hand stays, wherever the list is scrolled to: its handle has the pointer and the keys.
  if (lift && (lift.from < first || lift.from >= last)) places[lift.from < first ? "unshift" : "push"](lift.from);
  const keys = new Set<string>();
  const help = lift?.dragged
    ? "Let go to drop · Esc cancels"
    : lift
      ? "↑ ↓ choose the place · Space drops · Esc cancels"
      : "Drag a handle, or press Space on it, to reorder.";
  const open = editing.value ? taskKey(editing.value) : null;
  return (
    <section class="bgw-queue" id={id} aria-label="Queue" ref={section}>
      <div class="bgw-queue-bar">
        <p class="bgw-hint bgw-queue-help" id={helpId}>
          {help}
        </p>
        <ClearQueue tasks={total} onClear={() => void ask("Queue cleared.", () => link.request("queue.clear", {}))} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form */}
      <div
        class={`bgw-queue-area${lift?.dragged ? " bgw-is-dragging" : ""}`}
        role="group"
        aria-label="Waiting tasks"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the area scrolls by keyboard
        tabIndex={0}
        ref={area.ref}
        style={{ height: `${tallest.current}px` }}
        onScroll={area.onScroll}
      >
        <div class="bgw-tasks-rows" ref={list}>
          <ul
            class="bgw-tasks-rows"
            style={{ height: `${total * WAITING_HEIGHT}px`, "--bgw-digits": `${String(total).length}.2ch` }}
          >
            {places.map((position) => {
              const row = rows.get(position);
              const before = position ? rows.get(position - 1) : undefined;
              const task = row && taskKey(row);
              // Between two answers of the kernel one task may stand at two places.
              const key = !task || keys.has(task) ? `at ${position}` : task;
              keys.add(key);
              const { batch = "", index = 0 } = row ?? {};
              return (
                <QueueRowView
                  key={key}
                  position={position}
                  total={total}
                  top={position * WAITING_HEIGHT}
                  row={row}
                  task={task}
                  head={Boolean(row && before && before.batch !== row.batch)}
                  reorder={reorder}
                  lifted={lift?.from === position}
                  edited={task !== undefined && task === open}
                  editorId={editorId}
                  helpId={helpId}
                  onEdit={() => {
                    if (task === open) closeEditor();
                    else editing.value = row ?? null;
                  }}
                  onFront={() => {
                    if (row) say(`Moved ${nameTask(row)} to the front.`);
                    // Stays, so that the next can be moved too.
                    follow.current = partOf("position", position, "front");
                    void place(position, 0);
                  }}
                  onBatchFront={() =>
                    void ask("Batch moved to the front.", () => link.request("queue.front", { batch }))
                  }
                  onRemove={() =>
                    void ask(`Removed ${name(position)}.`, () => link.request("queue.remove", { batch, index }))
                  }
                />
              );
            })}
          </ul>
          {lift && lift.to !== lift.from && (
            <div
              class="bgw-drop-line"
              style={{ transform: `translateY(${(lift.to > lift.from ? lift.to + 1 : lift.to) * WAITING_HEIGHT}px)` }}
            />
          )}
        </div>
      </div>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
      {rows.problem.value && (
        <Notice>
          The queue could not be read: {rows.problem.value}{" "}
          <Button icon="retry" onClick={() => rows.refresh()}>
            Try again
          </Button>
        </Notice>
      )}
      {editing.value && (
        <QueueEditor
          key={taskKey(editing.value)}
          id={editorId}
          link={link}
          row={editing.value}
          onSaved={() => {
            const { batch = "", index = 0 } = editing.peek() ?? {};
            say("Task changed.");
            edited.value = { batch, index };
            rows.refresh();
            closeEditor();
          }}
          onClose={closeEditor}
        />
      )}
      <p class="bgw-sr-only" aria-live="assertive">
        {said.value}
      </p>
    </section>
  );
}
