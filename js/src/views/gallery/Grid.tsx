/** The tiles in a window: only the rows on screen exist, and only their pictures travel. */

import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { hasFocus } from "../focus";
import { type ScrollArea, visibleRows } from "../scrolling";
import { EDGE, GAP, type GridLayout, gridHeight, keepPlace, MAX_HEIGHT, moveByKey, reveal, rowCount } from "./layout";
import { Tile } from "./Tile";

export interface GridActions {
  open: (position: number) => void;
  mark: (position: number, mark: "favorite" | "discarded") => void;
  undo: () => void;
}

interface GridProps {
  model: GalleryModel;
  area: ScrollArea;
  layout: GridLayout;
  /** Positions of the assets on show, oldest first. */
  shown: readonly number[];
  label: string;
  actions: GridActions;
  /** Grows when the active tile should take the focus. */
  focusRequest: number;
  /** How many results are on their way. */
  ghosts: number;
}

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
  const rows = rowCount(shown.length, layout);
  const top = area.top.value;
  const height = area.height.value;
  const { first, last } = visibleRows(top - EDGE, height, rowHeight, rows, EXTRA_ROWS);
  const at = useActiveIndex(model, shown);
  const wantsFocus = useRef(false);

  // What is on screen first, then a screen ahead, then a row behind; again after the dialog, which wanted others.
  useEffect(() => {
    const seen = visibleRows(top - EDGE, height, rowHeight, rows, 0);
    const tiles = (from: number, to: number) => shown.slice(from * columns, to * columns);
    const ahead = tiles(seen.last, seen.last + (seen.last - seen.first));
    const wanted = [...tiles(seen.first, seen.last), ...ahead, ...tiles(first, seen.first)];
    model.thumbnails.want(wanted);
    model.records.want(wanted);
  }, [model, shown, columns, first, last, rowHeight, Math.floor(top / rowHeight), focusRequest]);

  // Another tile size or width: what was at the top stays at the top.
  const before = useRef(layout);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = layout;
    if (old.rowHeight !== rowHeight || old.columns !== columns) area.scrollTo(keepPlace(area.top.peek(), old, layout));
  }, [columns, rowHeight]);

  const focused = hasFocus(grid.current);
  useLayoutEffect(() => {
    if (!wantsFocus.current && !(focused && !hasFocus(grid.current))) return;
    wantsFocus.current = false;
    grid.current?.querySelector<HTMLElement>(`[data-position="${shown[at]}"]`)?.focus({ preventScroll: true });
  });

  const moveTo = (index: number) => {
    const position = shown[index];
    if (position === undefined) return;
    wantsFocus.current = true;
    model.active.value = position;
    area.scrollTo(reveal(index, area.top.peek(), height, layout));
  };
  const asked = useRef(focusRequest);
  useLayoutEffect(() => {
    if (asked.current === focusRequest) return;
    asked.current = focusRequest;
    moveTo(at);
    // The tile may be the active one and in place already, and then nothing is drawn anew.
    grid.current?.querySelector<HTMLElement>(`[data-position="${shown[at]}"]`)?.focus({ preventScroll: true });
  }, [focusRequest]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const position = shown[at];
    if (position === undefined || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onTile = event.target instanceof HTMLElement && event.target.getAttribute("role") === "gridcell";
    const undoes = key === "u" || (key === "z" && !event.shiftKey && (event.ctrlKey || event.metaKey));
    if (undoes) actions.undo();
    else if (event.ctrlKey || event.metaKey) return;
    else if (key === "f") actions.mark(position, "favorite");
    else if (key === "x") actions.mark(position, "discarded");
    else if (onTile && (key === "Enter" || key === " ")) actions.open(position);
    else {
      const next = moveByKey(event.key, at, shown.length, columns, Math.floor(height / rowHeight));
      if (next === null) return;
      moveTo(next);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const activeRow = Math.floor(Math.max(0, at) / columns);
  const drawn = Array.from({ length: last - first }, (_, i) => first + i);
  // The row with the focus, or the tab stop, exists wherever the person has scrolled to.
  if (activeRow < first) drawn.unshift(activeRow);
  else if (activeRow >= last && activeRow < rows) drawn.push(activeRow);

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table can't wrap its cells by width
    <div
      role="grid"
      class="bgw-grid"
      ref={grid}
      aria-label={label}
      aria-rowcount={rows}
      aria-colcount={columns}
      tabIndex={-1}
      style={{ height: `${gridHeight(shown.length, layout)}px` }}
      onKeyDown={onKeyDown}
    >
      {drawn.map((row) => (
        // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useSemanticElements: focus is on the cells
        <div
          key={row}
          role="row"
          class="bgw-grid-row"
          aria-rowindex={row + 1}
          style={{ transform: `translateY(${EDGE + row * rowHeight}px)` }}
        >
          {shown.slice(row * columns, (row + 1) * columns).map((position, column) => (
            <Tile
              key={position}
              position={position}
              column={column}
              kind={model.kind(position)}
              mark={model.marks.of(position)}
              record={model.records.get(position)}
              thumbnail={model.thumbnails.get(position)}
              caption={model.caption(position)}
              size={tile}
              active={position === shown[at]}
              onOpen={() => actions.open(position)}
              onMark={(mark) => actions.mark(position, mark)}
              onFocus={() => {
                model.active.value = position;
              }}
            />
          ))}
        </div>
      ))}
      <Ghosts layout={layout} from={shown.length} count={ghosts} />
    </div>
  );
}
