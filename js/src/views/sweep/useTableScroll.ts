/** Which cells of a table are on screen. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Offset {
  top: number;
  left: number;
}

/** Of the area, left and right. */
const BORDERS = 2;

interface TableScroll {
  ref: RefObject<HTMLDivElement | null>;
  /** The width that there is for it; 0 until it is known. */
  room: ReadonlySignal<number>;
  /** Inner size. */
  width: ReadonlySignal<number>;
  height: ReadonlySignal<number>;
  /** The first row and column that are on screen, also in part: the rest of a scroll changes nothing that is drawn. */
  row: ReadonlySignal<number>;
  column: ReadonlySignal<number>;
  /** From one cell to the next; set it when it is known. */
  pitch: { current: number };
  onScroll: () => void;
  scrollTo: (to: Offset) => void;
}

/** Follows the place and size of an area that scrolls in both directions. `held` is its place, also while the table is not on show. */
export function useTableScroll(held: Offset): TableScroll {
  const ref = useRef<HTMLDivElement>(null);
  const room = useSignal(0);
  const width = useSignal(0);
  const height = useSignal(0);
  const row = useSignal(0);
  const column = useSignal(0);
  const pitch = useRef(1);

  const read = () => {
    const area = ref.current;
    if (!area?.clientHeight) return;
    held.top = area.scrollTop;
    held.left = area.scrollLeft;
    row.value = Math.floor(held.top / pitch.current);
    column.value = Math.floor(held.left / pitch.current);
  };
  const scrollTo = (to: Offset) => {
    const area = ref.current;
    if (!area) return;
    if (area.scrollTop !== to.top || area.scrollLeft !== to.left) area.scrollTo({ ...to, behavior: "instant" });
    read();
  };
  useLayoutEffect(() => {
    const area = ref.current;
    const parent = area?.parentElement;
    if (!area || !parent) return;
    let gone = true;
    const measure = () => {
      // JupyterLab takes outputs out of the page and puts them back, and a scroll area comes back at its start.
      const back = gone;
      gone = !area.clientHeight;
      if (gone) return;
      const { paddingLeft, paddingRight } = getComputedStyle(parent);
      room.value = parent.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight) - BORDERS;
      width.value = area.clientWidth;
      height.value = area.clientHeight;
      if (back) requestAnimationFrame(() => area.scrollTo({ ...held, behavior: "instant" }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(area);
    observer.observe(parent);
    return () => observer.disconnect();
  }, []);
  return { ref, room, width, height, row, column, pitch, onScroll: read, scrollTo };
}
