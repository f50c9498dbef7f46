/** Whether focus is on an element or in it; true also inside a shadow root. */
export function hasFocus(element: HTMLElement | null): boolean {
  return element?.matches(":focus-within") ?? false;
}
