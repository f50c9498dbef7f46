/** The side panel on a made-up JupyterLab: `?view=panel&state=live&width=280&theme=dark`, with `state` one of `PANEL_STATES`. */

import { render } from "preact";
import { useEffect } from "preact/hooks";
import { BatchesPanel, css } from "../src/lab/panel";
import { fakeActions, PANEL_STATES } from "./lab";

const TICK_S = 0.5;

export function showPanel(page: HTMLElement, query: URLSearchParams): void {
  const make = PANEL_STATES[query.get("state") ?? "live"] ?? PANEL_STATES["live"];
  if (!make) return;
  const model = make();
  const actions = fakeActions();
  // For scripts that drive the page.
  Object.assign(window, { model, actions });
  const Page = () => {
    useEffect(() => {
      document.body.className = query.get("theme") ?? "light";
      if (query.get("still") === null) setInterval(() => model.tick(TICK_S), 1000 * TICK_S);
    }, []);
    return (
      <div
        class={`bgw-root ${query.get("theme") === "dark" ? "bgw-dark" : ""}`}
        style={{ width: `${query.get("width") ?? 280}px`, height: "100vh" }}
      >
        <style>{css}</style>
        <BatchesPanel model={model} actions={actions} />
      </div>
    );
  };
  render(<Page />, page);
}
