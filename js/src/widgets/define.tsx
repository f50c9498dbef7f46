/** Turns a Preact component that takes a `KernelLink` into an anywidget. */

import type { AnyModel } from "@anywidget/types";
import { type FunctionComponent, render as mount } from "preact";
import { type KernelLink, linkModel } from "../state/link";
import { prefetchParts } from "../state/parts";
import "../state/visible";

interface Lifetime {
  model: AnyModel;
  signal: AbortSignal;
}

/**
 * Keep keys pressed in the widget from the host, which takes those on buttons for its command-mode shortcuts (X cuts the cell), but let it
 * have Ctrl+S and Ctrl+Shift with another key. JupyterLab looks for the attribute from the focused element upwards, Notebook 7 at that
 * element alone, while the event is still on its way down: so it goes there, just before.
 */
function keepKeys(root: HTMLElement, lifetime: AbortSignal) {
  let held: HTMLElement | undefined;
  const decide = (event: KeyboardEvent) => {
    if (held) delete held.dataset.lmSuppressShortcuts;
    held = undefined;
    const [target] = event.composedPath();
    const forHost = (event.ctrlKey || event.metaKey) && (event.shiftKey || event.key.toLowerCase() === "s");
    if (forHost || !(target instanceof HTMLElement) || !root.contains(target)) return;
    held = target;
    target.dataset.lmSuppressShortcuts = "true";
  };
  window.addEventListener("keydown", decide, { capture: true, signal: lifetime });
}

/** Each widget has one link, which all its views share; a view may be detached and drawn again at any time. */
export function defineWidget(View: FunctionComponent<{ link: KernelLink }>) {
  return () => {
    let link: KernelLink | undefined;
    return {
      initialize({ model, signal }: Lifetime) {
        link = linkModel(model, signal);
      },
      render({ model, el, signal }: Lifetime & { el: HTMLElement }) {
        const root = document.createElement("div");
        root.className = "bgw-root";
        keepKeys(root, signal);
        el.append(root);
        const shown = link ?? linkModel(model, signal);
        mount(<View link={shown} />, root);
        void prefetchParts(shown, signal);
        signal.addEventListener("abort", () => {
          mount(null, root);
          root.remove();
        });
      },
    };
  };
}
