import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** Whether focus is on an element or in it; true also inside a shadow root. */
export function hasFocus(element: HTMLElement | null): boolean {
  return element?.matches(":focus-within") ?? false;
}

/** When what had focus in an element goes with this render, alone or with all of the element, `rescue` says where focus goes. */
export function useKeptFocus(ref: RefObject<HTMLElement | null>, rescue: () => void): void {
  const focused = hasFocus(ref.current);
  useLayoutEffect(() => {
    if (focused && !hasFocus(ref.current)) rescue();
  });
}
