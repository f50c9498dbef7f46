/** Style sheets of the page. */

const sheets = new Set<string>();

/** Put rules onto the page, once; `late` ones come after those of every widget in a cell, which bring the base of all views along. */
export function addSheet(css: string, late = false): void {
  if (sheets.has(css)) return;
  sheets.add(css);
  const style = document.createElement("style");
  style.textContent = css;
  (late ? document.body : document.head).append(style);
}
