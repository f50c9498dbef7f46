/** Views on a page of JupyterLab. It comes with the first view: no code of it loads at JupyterLab's start. */

import { render, type VNode } from "preact";
import "../../state/visible";
import base from "../../styles/batchgen.css?inline";
import { addSheet } from "./sheets";

/**
 * Show a view with its style sheet, until `lifetime` aborts. Keys need no keeping from JupyterLab, as they do in a cell: outside of notebooks
 * it has none that views use, and those that it has, like Alt+W, are wanted here too.
 */
export function mount(root: HTMLElement, view: VNode, css: string, lifetime: AbortSignal): void {
  if (lifetime.aborted) return;
  addSheet(base);
  addSheet(css, true);
  render(view, root);
  lifetime.addEventListener("abort", () => render(null, root));
}
