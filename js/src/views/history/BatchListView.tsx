/** The list in its window: only the rows on screen exist. */

import { type Signal, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { IdThumbnails } from "../../state/idThumbnails";
import type { HistoryPage, HistoryRow } from "../../state/wire.gen";
import { useUniqueId } from "../ids";
import { useScrollArea, visibleRows } from "../scrolling";
import { BatchRow } from "./BatchRow";
import type { BatchList } from "./list";

const ROW_HEIGHT = 84;
/** Where the words stand below the pictures. */
const TALL_ROW_HEIGHT = 168;
const NARROW = 620;
const EXTRA_ROWS = 3;

interface BatchListProps {
  list: BatchList;
  page: HistoryPage;
  thumbnails: IdThumbnails;
  /** The batch that the buttons are about. */
  active: Signal<HistoryRow | null>;
  checked: readonly HistoryRow[];
  onCheck: (row: HistoryRow) => void;
  onOpen: (row: HistoryRow) => void;
}

export function BatchListView({ list, page, thumbnails, active, checked, onCheck, onOpen }: BatchListProps) {
  const area = useScrollArea();
  const id = useUniqueId();
  const at = useSignal(0);
  const { total } = page;
  const height = area.width.value < NARROW ? TALL_ROW_HEIGHT : ROW_HEIGHT;
  const { first, last } = visibleRows(area.top.value, area.height.value, height, total, EXTRA_ROWS);

  useEffect(() => list.want(first, last), [list, first, last]);
  useEffect(() => {
    const ids = Array.from({ length: last - first }, (_, i) => list.get(first + i)?.thumbnails ?? []);
    thumbnails.want(ids.flat());
  });
  // Another list begins at its top.
  useLayoutEffect(() => {
    at.value = 0;
    area.scrollTo(0);
  }, [list]);
  const row = list.get(at.value) ?? null;
  useLayoutEffect(() => {
    active.value = row;
  }, [row]);

  const goTo = (index: number) => {
    at.value = Math.max(0, Math.min(total - 1, index));
    const top = at.peek() * height;
    const view = area.ref.current;
    if (!view) return;
    if (top < view.scrollTop) area.scrollTo(top);
    else if (top + height > view.scrollTop + view.clientHeight) area.scrollTo(top + height - view.clientHeight);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(area.height.peek() / height) - 1);
    const next = {
      ArrowDown: at.peek() + 1,
      ArrowUp: at.peek() - 1,
      PageDown: at.peek() + page,
      PageUp: at.peek() - page,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (next !== undefined) goTo(next);
    else if (event.key === " " && row) onCheck(row);
    else if (event.key === "Enter" && row) onOpen(row);
    else return;
    event.preventDefault();
  };
  const indexes = new Set(Array.from({ length: last - first }, (_, i) => first + i));
  // The active one is there wherever the list is scrolled to: it carries the focus for those who hear it.
  indexes.add(at.value);
  return (
    <div
      class="bgw-pasts"
      role="listbox"
      aria-label="Batches, newest first"
      aria-multiselectable="true"
      aria-activedescendant={`${id}-${at.value}`}
      tabIndex={0}
      ref={area.ref}
      onScroll={() => void area.onScroll()}
      onKeyDown={onKeyDown}
    >
      <div class="bgw-pasts-rows" role="presentation" style={{ height: `${total * height}px` }}>
        {area.height.value > 0 &&
          [...indexes].map((index) => {
            const one = list.get(index);
            return (
              <BatchRow
                key={index}
                row={one}
                id={`${id}-${index}`}
                index={index}
                total={total}
                top={index * height}
                height={height}
                active={index === at.value}
                checked={checked.some((other) => other.id === one?.id)}
                shown={one?.id === page.shown}
                thumbnails={thumbnails}
                onPress={(event) => {
                  at.value = index;
                  if (one && (event.ctrlKey || event.metaKey || event.shiftKey)) onCheck(one);
                }}
                onCheck={() => one && onCheck(one)}
                onOpen={() => one && onOpen(one)}
              />
            );
          })}
      </div>
    </div>
  );
}
