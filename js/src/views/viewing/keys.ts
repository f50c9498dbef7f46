/** Whose key it is: the dialog's, or that of the control that has the focus. */

export function keyOf({ key }: KeyboardEvent): string {
  return key.length === 1 ? key.toLowerCase() : key;
}

const MOVES = /^(Arrow|Page|Home|End)/;

/** Whether the control that has the focus takes the key itself. */
export function takesKey(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (!(target instanceof Element)) return false;
  if (target.matches("select, textarea, input:not([type=range])")) return true;
  if (key === " " || key === "Enter") return target.matches("button, summary, a");
  // What slides by arrow keys or scrolls by them has them first; only a list that scrolls leaves left and right.
  if (MOVES.test(key) && target.matches("input, [role=slider], [role=radio]")) return true;
  return /^(ArrowUp|ArrowDown|Page|Home|End)/.test(key) && target.closest("[data-scrolls]") !== null;
}
