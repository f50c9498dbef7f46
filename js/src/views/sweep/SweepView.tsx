/** The results of a batch as a table: columns, rows and pages are values of the parameters that vary. */

import { type Signal, signal, useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatName } from "../../state/describe";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import { Button, Empty, IconButton, Notice } from "../controls";
import type { Actions } from "../gallery/actions";
import { useUniqueId } from "../ids";
import { useActions } from "../requests";
import { NEXT, PREVIOUS, TABLE } from "./icons";
import { type CellActions, SweepTable } from "./SweepTable";
import { type Axes, chooseAxes } from "./scale";
import { addUp, type Cell, fillCells, makeFrame, slotsOf } from "./table";
import { SweepTasks } from "./tasks";

export interface SweepActions extends Actions {
  /** Open a result; `among` are those to leaf through, where it is not all that is shown. */
  open(position: number, among?: readonly number[]): void;
  compare(positions: readonly number[]): void;
}

interface SweepProps {
  model: GalleryModel;
  link: KernelLink;
  actions: SweepActions;
  /** The side of a cell in pixels; without it, the table chooses one that suits its width. */
  size?: number | null;
}

const FEWEST_TO_COMPARE = 2;
const MOST_TO_COMPARE = 9;

/** What a person has chosen here, for as long as the gallery shows this source. */
class SweepState {
  readonly tasks: SweepTasks;
  /** Null until a person chooses. */
  readonly axes = signal<Axes | null>(null);
  readonly page = signal(0);
  /** Undefined until a person chooses. */
  readonly metric = signal<string | null | undefined>(undefined);
  /** The numbers of the cells to compare, in the order in which they were chosen. */
  readonly chosen = signal<readonly number[]>([]);
  readonly active = signal({ row: 0, column: 0 });
  readonly scroll = { top: 0, left: 0 };

  constructor(model: GalleryModel) {
    this.tasks = new SweepTasks(model);
  }

  close(): void {
    this.tasks.close();
  }
}

interface ChoiceProps {
  label: string;
  value: string | null;
  options: readonly string[];
  none: string;
  onChange: (value: string | null) => void;
}

function Choice({ label, value, options, none, onChange }: ChoiceProps) {
  const id = useUniqueId();
  return (
    <div class="bgw-sweep-choice">
      <label class="bgw-label" for={id}>
        {label}
      </label>
      <select
        id={id}
        class="bgw-input"
        value={value ?? ""}
        onChange={({ currentTarget }) => onChange(currentTarget.value || null)}
      >
        <option value="">{none}</option>
        {options.map((name) => (
          <option key={name} value={name}>
            {formatName(name)}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Other axes; a parameter that was another axis changes places with what was here. */
function withAxis(axes: Axes, axis: keyof Axes, name: string | null): Axes {
  const next = { ...axes, [axis]: name };
  for (const other of ["x", "y", "page"] as const) {
    if (other !== axis && name !== null && axes[other] === name) next[other] = axes[axis];
  }
  return next;
}

/** What of the chosen cells is compared: everything, or one result of each where that would be too much. */
function toCompare(cells: readonly Cell[], isFavorite: (position: number) => boolean): number[] {
  const every = cells.flatMap(({ shown }) => shown);
  if (every.length <= MOST_TO_COMPARE) return every;
  return cells.flatMap(({ shown }) => shown.find(isFavorite) ?? shown[0] ?? []);
}

export function SweepView({ model, link, actions, size = null }: SweepProps) {
  const state = model.keep("sweep", () => new SweepState(model));
  const { tasks } = state;
  const { problem, dismiss, attempt } = useActions(link);
  const said = useSignal("");
  const tools = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    model.useColumns();
    tasks.watched.value = true;
    return () => {
      tasks.watched.value = false;
    };
  }, [model, tasks]);

  const layout = useComputed(() => {
    const rows = tasks.rows.value;
    if (!rows) return null;
    const axes = state.axes.value ?? chooseAxes(rows.columns);
    return { rows, frame: makeFrame(rows, axes) };
  });
  const filled = useComputed(() => {
    const total = model.columns.loaded.value;
    const shown = model.shown.value.filter((position) => position < total);
    return layout.value && { ...layout.value, cells: fillCells(layout.value.frame, layout.value.rows, total, shown) };
  });
  const metrics = useComputed(() =>
    model.columns.all.flatMap(({ name, group, type }) => (group === "metric" && type === "number" ? [name] : [])),
  ).value;
  const metric = state.metric.value === undefined ? (metrics[0] ?? null) : state.metric.value;
  const page = Math.min(state.page.value, (layout.value?.frame.pages ?? 1) - 1);
  const sums = useComputed(() => {
    if (!filled.value) return null;
    const { frame, cells } = filled.value;
    const name = state.metric.value === undefined ? metrics[0] : state.metric.value;
    const column = name ? model.columns.get("metric", name) : null;
    const codes = model.marks.codes.value;
    const at = Math.min(state.page.value, frame.pages - 1);
    return addUp(
      frame,
      cells,
      at,
      (position) => codes[position] === 1,
      column && "numbers" in column ? column.numbers : null,
    );
  }).value;

  const trouble = tasks.problem.value ?? model.columns.problem.value;
  if (trouble && !filled.value) {
    return (
      <div class="bgw-sweep">
        <Notice>
          The table can’t be shown: {trouble}{" "}
          <Button icon="retry" onClick={() => retry(model, tasks)}>
            Try again
          </Button>
        </Notice>
      </div>
    );
  }
  if (!filled.value || !sums) {
    return (
      <div class="bgw-sweep bgw-late">
        <span role="status">Reading what varies…</span>
      </div>
    );
  }
  const { frame, cells, rows } = filled.value;
  const names = [...rows.columns.keys()];
  if (!names.length) {
    return (
      <div class="bgw-sweep">
        <Empty icon={TABLE} title="Nothing varies here">
          A table needs a parameter with several values. Turn on “vary” beside one, and generate a batch.
        </Empty>
      </div>
    );
  }

  const isFavorite = (position: number) => model.marks.of(position) === "favorite";
  const setAxis = (axis: keyof Axes, name: string | null) => {
    state.axes.value = withAxis(frame.axes, axis, name);
    state.page.value = 0;
    state.chosen.value = [];
    state.active.value = { row: 0, column: 0 };
    Object.assign(state.scroll, { top: 0, left: 0 });
  };
  const setPage = (next: number) => {
    if (next < 0 || next >= frame.pages) return;
    state.page.value = next;
    said.value = `${formatName(frame.axes.page ?? "page")} ${slotsOf(frame.page)[next]?.label}, page ${next + 1} of ${frame.pages}`;
  };
  const setChosen = (next: readonly number[]) => {
    state.chosen.value = next;
    said.value = next.length ? `${formatCount(next.length, "cell")} chosen to compare` : "No cell chosen";
  };
  const compared = toCompare(
    state.chosen.value.flatMap((number) => cells.get(number) ?? []),
    isFavorite,
  );
  const canCompare = compared.length >= FEWEST_TO_COMPARE && compared.length <= MOST_TO_COMPARE;
  const compare = () => {
    if (canCompare) actions.compare(compared);
  };
  const cellActions: CellActions = {
    open(cell) {
      const [first] = cell.shown;
      if (first !== undefined) actions.open(first, cell.shown.length > 1 ? cell.shown : undefined);
    },
    mark(cell, wanted) {
      if (!cell.shown.length) return;
      const marked = cell.shown.every((position) => model.marks.of(position) === wanted);
      const done = wanted === "favorite" ? "Marked as favorite" : "Discarded";
      said.value = `${marked ? "Mark removed" : done}: ${formatCount(cell.shown.length, "result")}`;
      void attempt(() => model.marks.set(cell.shown, marked ? "none" : wanted));
    },
    choose(number) {
      const chosen = state.chosen.peek();
      if (chosen.includes(number)) setChosen(chosen.filter((other) => other !== number));
      else if (!cells.get(number)?.shown.length) said.value = "There is no result in this cell to compare.";
      else if (chosen.length >= MOST_TO_COMPARE) said.value = `At most ${MOST_TO_COMPARE} cells can be compared.`;
      else setChosen([...chosen, number]);
    },
    clear: () => {
      if (!state.chosen.peek().length) return false;
      setChosen([]);
      return true;
    },
    compare,
    undo: actions.undo,
    turn: (by) => setPage(page + by),
  };
  const total = model.columns.loaded.value;
  const shownCount = model.shown.value.length;
  const pageSlot = slotsOf(frame.page)[page];

  return (
    <div class="bgw-sweep">
      <div class="bgw-sweep-tools" ref={tools}>
        <Choice label="Columns" none="None" value={frame.axes.x} options={names} onChange={(x) => setAxis("x", x)} />
        <Choice label="Rows" none="None" value={frame.axes.y} options={names} onChange={(y) => setAxis("y", y)} />
        {names.length > 2 || frame.axes.page ? (
          <Choice
            label="Pages"
            none="None"
            value={frame.axes.page}
            options={names}
            onChange={(next) => setAxis("page", next)}
          />
        ) : null}
        {metrics.length > 0 && (
          <Choice
            label="Mean of"
            none="Nothing"
            value={metric}
            options={metrics}
            onChange={(next) => {
              state.metric.value = next;
            }}
          />
        )}
        <span class="bgw-spread" />
        <div class="bgw-sweep-compare">
          {state.chosen.value.length > 0 && (
            <Button
              kind="quiet"
              onClick={() => {
                setChosen([]);
                tools.current?.parentElement?.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus();
              }}
            >
              Clear choice
            </Button>
          )}
          <Button icon={TABLE} unavailable={!canCompare} onClick={compare}>
            {state.chosen.value.length ? `Compare ${formatCount(state.chosen.value.length, "cell")}` : "Compare cells"}
          </Button>
        </div>
      </div>
      {frame.page && pageSlot && (
        <nav class="bgw-sweep-pages" aria-label="Pages">
          <IconButton
            icon={PREVIOUS}
            label="Previous page"
            unavailable={page === 0}
            onClick={() => setPage(page - 1)}
          />
          <span class="bgw-sweep-page" title={pageSlot.label}>
            {formatName(frame.page.name)} <strong>{pageSlot.label}</strong>
          </span>
          <IconButton
            icon={NEXT}
            label="Next page"
            unavailable={page === frame.pages - 1}
            onClick={() => setPage(page + 1)}
          />
          <span class="bgw-muted bgw-small bgw-number">
            {page + 1} of {frame.pages}
          </span>
        </nav>
      )}
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
      {trouble && (
        <Notice>
          The table may be out of date: {trouble}{" "}
          <Button icon="retry" onClick={() => retry(model, tasks)}>
            Try again
          </Button>
        </Notice>
      )}
      {shownCount < total && (
        <p class="bgw-muted bgw-small">
          Filtered: {formatCount(shownCount)} of {formatCount(total, "result")} shown and counted
        </p>
      )}
      <SweepTable
        model={model}
        frame={frame}
        cells={cells}
        page={page}
        sums={sums}
        metric={metric}
        size={size}
        tasks={tasks}
        active={state.active as Signal<{ row: number; column: number }>}
        chosen={state.chosen.value}
        scroll={state.scroll}
        actions={cellActions}
      />
      <p class="bgw-sr-only" aria-live="polite">
        {said}
      </p>
    </div>
  );
}

function retry(model: GalleryModel, tasks: SweepTasks): void {
  model.columns.retry();
  tasks.refresh();
}
