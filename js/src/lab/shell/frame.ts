/** A place of JupyterLab's shell that has a view in it, from the first time that it is shown. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";

/** Draws a view into an element, until `lifetime` aborts. */
export type Draw = (root: HTMLElement, lifetime: AbortSignal) => Promise<void>;

export class Frame extends Widget {
  readonly #draw: Draw;
  readonly #trans: TranslationBundle;
  #drawn: AbortController | null = null;

  constructor(draw: Draw, trans: TranslationBundle) {
    super();
    this.#draw = draw;
    this.#trans = trans;
    this.addClass("bgw-frame");
    this.node.tabIndex = -1;
    this.node.setAttribute("role", "region");
  }

  /** Draw again what has changed: at once, or when it is shown. */
  redraw(): void {
    this.#clear();
    this.#show();
  }

  override dispose(): void {
    this.#clear();
    super.dispose();
  }

  protected override onAfterAttach(): void {
    this.#show();
  }

  protected override onAfterShow(): void {
    this.#show();
  }

  protected override onCloseRequest(): void {
    this.dispose();
  }

  protected override onActivateRequest(): void {
    if (!this.node.contains(document.activeElement)) this.node.focus({ preventScroll: true });
  }

  #show(): void {
    if (this.isVisible && !this.#drawn) void this.#begin();
  }

  #clear(): void {
    this.#drawn?.abort();
    this.#drawn = null;
    this.node.replaceChildren();
  }

  async #begin(): Promise<void> {
    const drawn = new AbortController();
    this.#drawn = drawn;
    const root = document.createElement("div");
    root.className = "bgw-root";
    this.node.replaceChildren(root);
    try {
      await this.#draw(root, drawn.signal);
    } catch (error) {
      if (drawn.signal.aborted) return;
      console.error(error);
      this.#clear();
      const problem = document.createElement("p");
      problem.setAttribute("role", "alert");
      const reason = error instanceof Error ? error.message : String(error);
      // A module that is not there any more: the package was upgraded below an open page.
      problem.textContent =
        error instanceof TypeError
          ? this.#trans.__("This can’t be shown: %1. Reload the page.", reason)
          : this.#trans.__("This can’t be shown: %1", reason);
      this.node.append(problem);
    }
  }
}
