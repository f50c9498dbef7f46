/** The gallery's keys that work wherever the focus is in it, but where text is written. */

export interface GalleryKeys {
  undo: () => void;
  selectAll: () => void;
  deselect: () => void;
  search: () => void;
  showShortcuts: () => void;
  compareSelection: () => void;
  review: () => void;
  trashSelection: () => void;
}

function takesText(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** What a key does; undefined where it is not ours. Escape is ours only while something is selected. */
export function actionOfKey(
  event: KeyboardEvent,
  keys: GalleryKeys,
  selecting: boolean,
  readOnly: boolean,
): (() => void) | undefined {
  if (event.altKey || event.defaultPrevented || takesText(event.target)) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    // Ctrl+Shift is the host's.
    return event.shiftKey ? undefined : { a: keys.selectAll, ...(!readOnly && { z: keys.undo }) }[key];
  }
  if (key === "Escape") return selecting ? keys.deselect : undefined;
  return {
    "/": keys.search,
    "?": keys.showShortcuts,
    c: keys.compareSelection,
    ...(!readOnly && { u: keys.undo, r: keys.review }),
    ...(selecting && !readOnly && { Delete: keys.trashSelection, Backspace: keys.trashSelection }),
  }[key];
}
