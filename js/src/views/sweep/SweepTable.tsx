/** The table in a window: only the cells on screen exist, and only their pictures travel. */

import type { Signal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formatName } from "../../state/describe";
import type { GalleryModel } from "../../state/gallery";
import { hasFocus } from "../focus";
import { shortLabels } from "./labels";
import { GAP, layoutTable, moveByKey, type Place, reveal, SCROLL_BAR, visibleCells } from "./layout";
import { heatOf, Label, SumCell, shareInWords } from "./margins";
import { MOSAIC, SweepCell } from "./SweepCell";
import { type Cell, cellAt, type Frame, type Sum, type Sums, slotsOf, whyEmpty } from "./table";
import type { SweepTasks } from "./tasks";
import { useTableScroll } from "./useTableScroll";

export interface CellActions {
  open(cell: Cell): void;
  /** Mark all results of a cell, or take the mark away where all have it. */
  mark(cell: Cell, mark: "favorite" | "discarded"): void;
  /** Take a cell into what is compared, or out of it. */
  choose(number: number): void;
  /** Choose no cell any more; false when none was. */
  clear(): boolean;
  compare(): void;
  undo(): void;
  /** Go some pages on. */
  turn(by: number): void;
}

interface TableProps {
  model: GalleryModel;
  tasks: SweepTasks;
  frame: Frame;
  cells: ReadonlyMap<number, Cell>;
  page: number;
  sums: Sums;
  metric: string | null;
  size: number | null;
  active: Signal<Place>;
  chosen: readonly number[];
  scroll: { top: number; left: number };
  actions: CellActions;
}

const EXTRA = 1;
const TALLEST = 720;
/** The borders of the scroll area, and its scroll bar. */
const FRAME = 2 + SCROLL_BAR;

const nameOf = (axis: Frame["x"]) => (axis ? formatName(axis.name) : "");

const NO_SUM: Sum = { results: 0, favorites: 0, mean: null };

/** The slots of a window, and the active one wherever it is. */
function drawn({ first, last }: { first: number; last: number }, active: number, count: number): number[] {
  const slots = Array.from({ length: last - first }, (_, i) => first + i);
  if (active < first) slots.unshift(active);
  else if (active >= last && active < count) slots.push(active);
  return slots;
}

export function SweepTable(props: TableProps) {
  const { model, tasks, frame, cells, page, sums, metric, size, active, chosen, scroll, actions } = props;
  const columnSlots = slotsOf(frame.x);
  const rowSlots = slotsOf(frame.y);
  const area = useTableScroll(scroll);
  const grid = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  const labels = useMemo(
    () => ({
      columns: shortLabels(columnSlots.map(({ label }) => label)),
      rows: shortLabels(rowSlots.map(({ label }) => label)),
    }),
    [columnSlots, rowSlots],
  );
  const names = [nameOf(frame.x), nameOf(frame.y)];
  const width = area.width.value;
  const layout = layoutTable(
    { ...labels, names, total: shareInWords(sums.all) },
    area.room.value,
    size,
    metric !== null,
  );
  const { pitch } = layout;
  area.pitch.current = pitch;
  const view = {
    top: area.row.value * pitch,
    left: area.column.value * pitch,
    height: area.height.value + pitch,
    width: width + pitch,
  };
  const seen = visibleCells(layout, view, 0);
  const near = visibleCells(layout, view, EXTRA);
  const heat = useMemo(() => ({ rows: heatOf(sums.rows), columns: heatOf(sums.columns) }), [sums]);

  const at = {
    row: Math.min(active.value.row, layout.rows),
    column: Math.min(active.value.column, layout.columns),
  };
  const onFocus = useRef((row: number, column: number) => {
    const { row: oldRow, column: oldColumn } = active.peek();
    if (row !== oldRow || column !== oldColumn) active.value = { row, column };
  }).current;

  // Actions are other functions with each change; cells need not be drawn anew for that.
  const latest = useRef(actions);
  latest.current = actions;
  const steady = useRef<CellActions>({
    open: (cell) => latest.current.open(cell),
    mark: (cell, mark) => latest.current.mark(cell, mark),
    choose: (number) => latest.current.choose(number),
    clear: () => latest.current.clear(),
    compare: () => latest.current.compare(),
    undo: () => latest.current.undo(),
    turn: (by) => latest.current.turn(by),
  }).current;

  // What is on screen first, then what is just beside it.
  useEffect(() => {
    const wanted: number[] = [];
    const beside: number[] = [];
    const failed: number[] = [];
    for (let row = near.row.first; row < near.row.last; row += 1) {
      for (let column = near.column.first; column < near.column.last; column += 1) {
        const cell = cells.get(cellAt(frame, page, row, column));
        if (!cell) continue;
        const isSeen =
          row >= seen.row.first && row < seen.row.last && column >= seen.column.first && column < seen.column.last;
        (isSeen ? wanted : beside).push(...cell.shown.slice(0, MOSAIC));
        const empty = cell.shown.length ? null : whyEmpty(cell, tasks.statusOf);
        if (empty?.why === "failed" && empty.row !== null) failed.push(empty.row);
      }
    }
    model.thumbnails.want([...wanted, ...beside]);
    tasks.wantErrors(failed);
  }, [model, tasks, frame, cells, page, near.row.first, near.row.last, near.column.first, near.column.last]);

  // Slots that are added before what is on screen don't move it.
  const before = useRef({ frame, pitch });
  useLayoutEffect(() => {
    const { frame: old, pitch: oldPitch } = before.current;
    before.current = { frame, pitch };
    if (old === frame && oldPitch === pitch) return;
    if (old.axes.x !== frame.axes.x || old.axes.y !== frame.axes.y) {
      area.scrollTo({ top: scroll.top, left: scroll.left });
      return;
    }
    const keep = (offset: number, was: Frame["x"], is: Frame["x"]) => {
      const slot = Math.floor(offset / oldPitch);
      const key = slotsOf(was)[slot]?.key;
      const found = slotsOf(is).findIndex((other) => other.key === key);
      return ((found < 0 ? slot : found) + offset / oldPitch - slot) * pitch;
    };
    area.scrollTo({
      top: keep(scroll.top, old.y, frame.y),
      left: keep(scroll.left, old.x, frame.x),
    });
  }, [frame, pitch]);

  const focused = hasFocus(grid.current);
  const cellOf = ({ row, column }: Place) =>
    grid.current?.querySelector<HTMLElement>(`[data-row="${row}"][data-column="${column}"]`);
  /** Focus a cell, and say whether it is drawn. */
  const focusCell = (place: Place): boolean => {
    const cell = cellOf(place);
    cell?.focus({ preventScroll: true });
    // The table's own area is in place: only a page that ends above it follows.
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return cell != null;
  };
  useLayoutEffect(() => {
    if (wantsFocus.current) focusCell(at);
    else if (focused && !hasFocus(grid.current)) cellOf(at)?.focus({ preventScroll: true });
    wantsFocus.current = false;
  });

  const moveTo = (place: Place) => {
    active.value = place;
    const high = area.height.peek() - layout.top - layout.bottom;
    const wide = width - layout.left - layout.stuck;
    area.scrollTo({
      top: place.row < layout.rows ? reveal(place.row, scroll.top, high, pitch) : scroll.top,
      left: place.column < layout.columns ? reveal(place.column, scroll.left, wide, pitch) : scroll.left,
    });
    // Perhaps nothing is drawn anew; a wish that is left over would take the focus from wherever it is by then.
    wantsFocus.current = !focusCell(place);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const far = event.ctrlKey || event.metaKey;
    const onCell = event.target instanceof HTMLElement && event.target.getAttribute("role") === "gridcell";
    const isCell = at.row < layout.rows && at.column < layout.columns;
    const number = cellAt(frame, page, at.row, at.column);
    const cell = isCell ? cells.get(number) : undefined;
    const enters = onCell && (key === "Enter" || key === " ");
    const marks = !model.readOnly;
    if (marks && (key === "u" || (key === "z" && far && !event.shiftKey))) actions.undo();
    else if (isCell && ((enters && far) || (key === "c" && !far && !event.shiftKey))) actions.choose(number);
    else if (key === "c" && event.shiftKey && !far) actions.compare();
    else if (key === "Escape" && actions.clear()) focusCell(at);
    else if (marks && !far && key === "f" && cell) actions.mark(cell, "favorite");
    else if (marks && !far && key === "x" && cell) actions.mark(cell, "discarded");
    else if (!far && key === "n") actions.turn(1);
    else if (!far && key === "p") actions.turn(-1);
    else if (enters && cell) actions.open(cell);
    else {
      const page = Math.max(1, seen.row.last - seen.row.first - 2);
      const next = moveByKey(event, at, layout, page);
      if (!next) return;
      moveTo(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const columns = drawn(near.column, at.column, layout.columns);
  const rows = drawn(near.row, at.row, layout.rows);
  /** The room of the columns that are left out before the i-th that is drawn, or after the last. */
  const gapBefore = (i: number) => {
    const [from, to] = [columns[i - 1] ?? -1, columns[i] ?? layout.columns];
    return (to - from - 1) * pitch + GAP;
  };
  const placeOf = (axis: Frame["x"], label: string | undefined) => (axis ? `${formatName(axis.name)} ${label}` : "");
  // An element, since what sticks to an edge does not go past its own margin.
  const rest = <span class="bgw-sweep-gap" style={{ width: `${gapBefore(columns.length)}px` }} />;

  const everything = frame.page ? "This page" : "Total";
  const sumCell = (sum = NO_SUM, of: string, place: Place, heatOf?: (sum: Sum) => number | null, gap = 0) => (
    <SumCell
      key={place.column}
      sum={sum}
      metric={metric}
      of={of}
      place={place}
      at={at}
      heat={heatOf?.(sum) ?? null}
      width={place.column < layout.columns ? layout.cell : layout.right}
      gap={gap}
      onFocus={onFocus}
    />
  );

  return (
    <div
      class="bgw-sweep-scroll"
      ref={area.ref}
      style={{ maxWidth: `${layout.width + FRAME}px`, maxHeight: `${Math.min(TALLEST, layout.height + FRAME)}px` }}
      onScroll={area.onScroll}
    >
      {width > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a table can't be drawn in part
        <div
          role="grid"
          class={`bgw-sweep-table${layout.narrow ? " bgw-is-narrow" : ""}`}
          ref={grid}
          aria-label={[nameOf(frame.y), nameOf(frame.x)].filter(Boolean).join(" by ")}
          aria-rowcount={layout.rows + 2}
          aria-colcount={layout.columns + 2}
          aria-multiselectable="true"
          tabIndex={-1}
          style={{ width: `${layout.width}px` }}
          onKeyDown={onKeyDown}
        >
          {/* biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells */}
          <div role="row" class="bgw-sweep-head" aria-rowindex={1} style={{ height: `${layout.top}px` }}>
            {/* biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells */}
            <div role="columnheader" class="bgw-sweep-corner" aria-colindex={1} style={{ width: `${layout.left}px` }}>
              {frame.x && <span class="bgw-sweep-across">{nameOf(frame.x)} →</span>}
              {frame.y && <span>{nameOf(frame.y)} ↓</span>}
            </div>
            {columns.map((column, i) => (
              <Label
                key={column}
                role="columnheader"
                index={column + 2}
                text={labels.columns[column]}
                title={columnSlots[column]?.label}
                width={layout.cell}
                gap={gapBefore(i)}
              />
            ))}
            {rest}
            <Label
              role="columnheader"
              class="bgw-sweep-end"
              index={layout.columns + 2}
              text={metric ? formatName(metric) : "Favorites"}
              width={layout.right}
            />
          </div>
          <div class="bgw-sweep-body" style={{ height: `${layout.rows * pitch + GAP}px` }}>
            {rows.map((row) => {
              const place = placeOf(frame.y, rowSlots[row]?.label);
              return (
                // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells
                <div
                  key={row}
                  role="row"
                  class="bgw-sweep-row"
                  aria-rowindex={row + 2}
                  style={{ top: `${row * pitch + GAP}px`, height: `${layout.cell}px` }}
                >
                  <Label
                    role="rowheader"
                    class="bgw-sweep-start"
                    index={1}
                    text={labels.rows[row]}
                    title={rowSlots[row]?.label}
                    width={layout.left}
                  />
                  {columns.map((column, i) => {
                    const number = cellAt(frame, page, row, column);
                    return (
                      <SweepCell
                        key={number}
                        model={model}
                        tasks={tasks}
                        cell={cells.get(number)}
                        number={number}
                        row={row}
                        column={column}
                        place={[place, placeOf(frame.x, columnSlots[column]?.label)].filter(Boolean).join(", ")}
                        gap={gapBefore(i)}
                        size={layout.cell}
                        active={row === at.row && column === at.column}
                        chosen={chosen.includes(number)}
                        actions={steady}
                        onFocus={onFocus}
                      />
                    );
                  })}
                  {rest}
                  {sumCell(sums.rows[row], place || "All rows", { row, column: layout.columns }, heat.rows)}
                </div>
              );
            })}
          </div>
          {/* biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells */}
          <div
            role="row"
            class="bgw-sweep-foot"
            aria-rowindex={layout.rows + 2}
            style={{ height: `${layout.bottom}px` }}
          >
            <Label role="rowheader" class="bgw-sweep-start" index={1} text={everything} width={layout.left} />
            {columns.map((column, i) => {
              const of = placeOf(frame.x, columnSlots[column]?.label) || "All columns";
              return sumCell(sums.columns[column], of, { row: layout.rows, column }, heat.columns, gapBefore(i));
            })}
            {rest}
            {sumCell(sums.all, everything, { row: layout.rows, column: layout.columns })}
          </div>
        </div>
      )}
    </div>
  );
}
