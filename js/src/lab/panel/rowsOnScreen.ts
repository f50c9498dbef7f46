import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { createContext } from "preact";
import { useContext, useLayoutEffect } from "preact/hooks";
import { type RowRange, type ScrollArea, visibleRows } from "../../views/scrolling";

interface Scroller {
  area: ScrollArea;
  /** Grows when what is in the scroll area changes its height. */
  layout: ReadonlySignal<number>;
}

/** The one scroll area of the panel. */
export const PanelScroller = createContext<Scroller | null>(null);

const EXTRA_ROWS = 4;

/** Which rows of a list somewhere in the panel are on screen. */
export function useRowsOnScreen(list: RefObject<HTMLElement | null>, rowHeight: number, total: number): RowRange {
  const scroller = useContext(PanelScroller);
  const offset = useSignal(0);
  useLayoutEffect(() => {
    const frame = scroller?.area.ref.current;
    if (!frame?.clientHeight || !list.current) return;
    const above = list.current.getBoundingClientRect().top - frame.getBoundingClientRect().top;
    offset.value = Math.round(above + frame.scrollTop);
  });
  if (!scroller) return { first: 0, last: total };
  // Read so that a change above the list measures it again.
  scroller.layout.value;
  const { top, height } = scroller.area;
  return visibleRows(top.value - offset.value, height.value, rowHeight, total, EXTRA_ROWS);
}
