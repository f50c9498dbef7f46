/** The tiles in a window: only the rows on screen exist, and only their pictures travel. */

import { useComputed } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { hasFocus } from "../focus";
import { type ScrollArea, visibleRows } from "../scrolling";
import type { Actions } from "./actions";
import { EDGE, GAP, type GridLayout, gridHeight, MAX_HEIGHT, moveByKey, reveal, rowCount } from "./layout";
import { usePlaces } from "./places";
import { Tile, type TileActions } from "./Tile";

export interface GridActions extends Actions {
  open: (position: number) => void;
  /** Mark the selection when the asset is part of it, else the asset. */
  markAt: (position: number, mark: "favorite" | "discarded" | "trashed") => void;
}

interface GridProps {
  model: GalleryModel;
  area: ScrollArea;
  layout: GridLayout;
  /** Positions of the assets on show, in order. */
  shown: readonly number[];
  label: string;
  actions: GridActions;
  /** Grows when the active tile should take the focus. */
  focusRequest: number;
  /** How many results are on their way. */
  ghosts: number;
}

/** A fling has ended when no frame moved for this long. */
const SETTLED_MS = 80;
const EXTRA_ROWS = 1;

/** Empty places for results that are on their way, while they fit on screen. */
function Ghosts({ layout, from, count }: { layout: GridLayout; from: number; count: number }) {
  const { columns, tile, rowHeight } = layout;
  const places = Math.min(from + count, columns * Math.floor((MAX_HEIGHT - 2 * EDGE + GAP) / rowHeight)) - from;
  return (
    <>
      {Array.from({ length: Math.max(0, places) }, (_, i) => from + i).map((place) => (
        <div
          key={place}
          class="bgw-ghost"
          aria-hidden="true"
          style={{
            width: `${tile}px`,
            height: `${tile}px`,
            transform: `translate(${EDGE + (place % columns) * (tile + GAP)}px, ${EDGE + Math.floor(place / columns) * rowHeight}px)`,
          }}
        />
      ))}
    </>
  );
}

/** The index of the active tile, or of the one that took its place when it left the list. */
function useActiveIndex(model: GalleryModel, shown: readonly number[]): number {
  const lastIndex = useRef(0);
  const found = shown.indexOf(model.active.value);
  const index = found >= 0 ? found : Math.min(lastIndex.current, shown.length - 1);
  lastIndex.current = index;
  const position = shown[index];
  useLayoutEffect(() => {
    if (position !== undefined) model.active.value = position;
  }, [model, position]);
  return index;
}

export function Grid({ model, area, layout, shown, label, actions, focusRequest, ghosts }: GridProps) {
  const { columns, tile, rowHeight } = layout;
  const grid = useRef<HTMLDivElement>(null);
  const focused = hasFocus(grid.current);
  const { lead, top } = usePlaces(model, area, layout, shown, focused);
  const rows = rowCount(shown.length + lead, layout);
  const height = area.height.value;
  const { first, last } = visibleRows(top - EDGE, height, rowHeight, rows, EXTRA_ROWS);
  const at = useActiveIndex(model, shown);
  const wantsFocus = useRef(false);
  const anySelected = useComputed(() => model.selection.count > 0).value;
  const inRows = (from: number, to: number) =>
    shown.slice(Math.max(0, from * columns - lead), Math.max(0, to * columns - lead));

  // What is on screen first, then what is ahead, then a row behind; again after the dialog, which wanted others.
  const lastTop = useRef(top);
  useLayoutEffect(() => {
    const leap = Math.abs(top - lastTop.current);
    lastTop.current = top;
    const want = () => {
      const seen = visibleRows(top - EDGE, height, rowHeight, rows, 0);
      // The first sight of a gallery costs little more than itself; who scrolls will scroll on.
      const ahead = inRows(seen.last, seen.last + (top > 0 ? seen.last - seen.first : 1));
      const wanted = [...inRows(seen.first, seen.last), ...ahead, ...inRows(first, seen.first)];
      model.thumbnails.want(wanted);
      model.records.want(wanted);
    };
    if (leap <= height / 2) return want();
    // On a fling nobody sees what flies by.
    const settled = setTimeout(want, SETTLED_MS);
    return () => clearTimeout(settled);
  }, [model, shown, lead, columns, first, last, rowHeight, Math.floor(top / rowHeight), focusRequest]);

  /** Focus a tile, and say whether it is drawn. */
  const focusTile = (position: number | undefined): boolean => {
    const tile = grid.current?.querySelector<HTMLElement>(`[data-position="${position}"]`);
    tile?.focus({ preventScroll: true });
    // The grid's own area is in place: only a page that ends above it follows.
    tile?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return tile != null;
  };
  useLayoutEffect(() => {
    if (wantsFocus.current) focusTile(shown[at]);
    else if (focused && !hasFocus(grid.current)) {
      grid.current?.querySelector<HTMLElement>(`[data-position="${shown[at]}"]`)?.focus({ preventScroll: true });
    }
    wantsFocus.current = false;
  });

  const moveTo = (index: number) => {
    const position = shown[index];
    if (position === undefined) return;
    model.active.value = position;
    area.scrollTo(reveal(index + lead, area.top.peek(), height, layout));
    // Perhaps nothing is drawn anew; a wish that is left over would take the focus from wherever it is by then.
    wantsFocus.current = !focusTile(position);
  };
  const asked = useRef(focusRequest);
  useLayoutEffect(() => {
    if (asked.current === focusRequest) return;
    asked.current = focusRequest;
    moveTo(at);
  }, [focusRequest]);

  // Where a press began from: it moves the focus before it is a click.
  const cameFrom = useRef(model.active.peek());
  const now = useRef({ shown, actions });
  now.current = { shown, actions };
  const tileActions = useMemo<TileActions>(() => {
    const extend = (to: number) => model.selection.extend(now.current.shown, cameFrom.current, to);
    return {
      press(position, event) {
        if (event.shiftKey) extend(position);
        else if (event.ctrlKey || event.metaKey) model.selection.toggle(position);
        else now.current.actions.open(position);
      },
      select(position, event) {
        if (event.shiftKey) extend(position);
        else model.selection.toggle(position);
      },
      mark: (position, mark) => now.current.actions.markAt(position, mark),
      focus(position) {
        model.active.value = position;
      },
    };
  }, [model]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const position = shown[at];
    const control = event.ctrlKey || event.metaKey;
    // Ctrl+Shift is the host's.
    if (position === undefined || event.altKey || (control && event.shiftKey)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onTile = event.target instanceof HTMLElement && event.target.getAttribute("role") === "gridcell";
    const marks = !model.readOnly;
    if (marks && !control && key === "f") actions.markAt(position, "favorite");
    else if (marks && !control && key === "x") actions.markAt(position, "discarded");
    else if (marks && !control && onTile && (key === "Delete" || key === "Backspace")) {
      actions.markAt(position, "trashed");
    } else if (onTile && (key === "Enter" || (key === " " && control))) model.selection.toggle(position);
    else if (onTile && key === " ") actions.open(position);
    else {
      const next = moveByKey(event.key, at, shown.length, columns, Math.floor(height / rowHeight), lead);
      if (next === null) return;
      if (event.shiftKey) model.selection.extend(shown, position, shown[next] ?? position);
      moveTo(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const activeRow = Math.floor((Math.max(0, at) + lead) / columns);
  const drawn = Array.from({ length: last - first }, (_, i) => first + i);
  // The row with the focus, or the tab stop, exists wherever the person has scrolled to.
  if (activeRow < first) drawn.unshift(activeRow);
  else if (activeRow >= last && activeRow < rows) drawn.push(activeRow);

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table can't wrap its cells by width
    <div
      role="grid"
      class={`bgw-grid${anySelected ? " bgw-has-selection" : ""}`}
      ref={grid}
      aria-label={label}
      aria-rowcount={rows}
      aria-colcount={columns}
      aria-multiselectable="true"
      tabIndex={-1}
      style={{ height: `${gridHeight(shown.length + lead, layout)}px` }}
      onKeyDown={onKeyDown}
      onPointerDownCapture={() => {
        cameFrom.current = model.active.peek();
      }}
    >
      {drawn.map((row) => {
        const free = Math.max(0, lead - row * columns);
        return (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells
          <div
            key={row}
            role="row"
            class="bgw-grid-row"
            aria-rowindex={row + 1}
            style={{ transform: `translate(${free * (tile + GAP)}px, ${EDGE + row * rowHeight}px)` }}
          >
            {inRows(row, row + 1).map((position, place) => (
              <Tile
                key={position}
                model={model}
                position={position}
                column={free + place}
                size={tile}
                active={position === shown[at]}
                actions={tileActions}
              />
            ))}
          </div>
        );
      })}
      <Ghosts layout={layout} from={shown.length + lead} count={ghosts} />
    </div>
  );
}
