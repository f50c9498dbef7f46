/** The side panel, as tall as one is. */

import { fakeKernel } from "../dev/fakeKernel";
import { type FakeActions, type FakeBatches, fakeActions } from "../dev/lab";
import { BatchesPanel, css } from "../src/lab/panel";
import { find, show } from "./mountBatch";

interface MountedPanel {
  root: HTMLElement;
  model: FakeBatches;
  actions: FakeActions;
  /** What a screen reader is told. */
  said: () => string;
}

export function mountPanel(model: FakeBatches, width = 280, actions = fakeActions()): MountedPanel {
  const View = () => (
    <>
      <style>{css}</style>
      <BatchesPanel model={model} actions={actions} />
    </>
  );
  const root = show(View, fakeKernel(), width);
  root.style.height = "720px";
  return { root, model, actions, said: () => find(root, '[aria-live="polite"]').textContent ?? "" };
}

export function card(root: HTMLElement, index = 0): HTMLElement {
  const found = root.querySelectorAll<HTMLElement>(".bgw-lab-card")[index];
  if (!found) throw new Error(`no card ${index}`);
  return found;
}
