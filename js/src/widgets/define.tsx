/** Turns a Preact component that takes a `KernelLink` into an anywidget. */

import type { AnyModel } from "@anywidget/types";
import { type FunctionComponent, render as mount } from "preact";
import { type KernelLink, linkModel } from "../state/link";
import { prefetchParts } from "../state/parts";

interface Lifetime {
  model: AnyModel;
  signal: AbortSignal;
}

/**
 * Keep keys pressed in the widget from JupyterLab, which takes those on buttons for its command-mode shortcuts (X cuts the cell),
 * but let it have Ctrl+S and Ctrl+Shift with another key. It looks at the attribute while the event is on its way down.
 */
function keepKeys(root: HTMLElement, lifetime: AbortSignal) {
  root.dataset.lmSuppressShortcuts = "true";
  const decide = (event: KeyboardEvent) => {
    const forHost = (event.ctrlKey || event.metaKey) && (event.shiftKey || event.key.toLowerCase() === "s");
    if (forHost) delete root.dataset.lmSuppressShortcuts;
    else root.dataset.lmSuppressShortcuts = "true";
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
        // Without this JupyterLab takes keys pressed on our buttons for its own command-mode shortcuts.
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
