/** What part of a scroll area is on screen. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useRef } from "preact/hooks";

/** The rows `first` to `last - 1`. */
export interface RowRange {
  first: number;
  last: number;
}

/** Rows that touch the view, and `extra` more on both sides. */
export function visibleRows(top: number, height: number, rowHeight: number, rows: number, extra: number): RowRange {
  const first = Math.min(rows, Math.max(0, Math.floor(top / rowHeight) - extra));
  const last = Math.max(first, Math.min(rows, Math.ceil((top + height) / rowHeight) + extra));
  return { first, last };
}

export interface ScrollArea {
  ref: RefObject<HTMLDivElement | null>;
  top: ReadonlySignal<number>;
  /** Outer width; 0 until it is known. */
  width: ReadonlySignal<number>;
  height: ReadonlySignal<number>;
  /** Call when the area scrolls. True when a person did it. */
  onScroll: () => boolean;
  scrollTo: (top: number) => void;
}

/** Follows a scroll area's place and size. */
export function useScrollArea(): ScrollArea {
  const ref = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const width = useSignal(0);
  const height = useSignal(0);

  const scrollTo = useCallback((wanted: number) => {
    const area = ref.current;
    if (!area) return;
    area.scrollTop = wanted;
    // What the browser made of it: the event that comes of it is then known as ours.
    top.value = area.scrollTop;
  }, []);

  const onScroll = useCallback(() => {
    const area = ref.current;
    if (!area?.clientHeight || Math.abs(area.scrollTop - top.peek()) < 1) return false;
    top.value = area.scrollTop;
    return true;
  }, []);

  useLayoutEffect(() => {
    const area = ref.current;
    if (!area) return;
    let gone = false;
    const measure = () => {
      // JupyterLab takes outputs out of the page and puts them back, and a scroll area comes back at its top.
      const back = gone;
      gone = !area.clientHeight;
      if (gone) return;
      width.value = area.offsetWidth;
      height.value = area.clientHeight;
      if (back) scrollTo(top.peek());
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(area);
    return () => observer.disconnect();
  }, []);

  return { ref, top, width, height, onScroll, scrollTo };
}
