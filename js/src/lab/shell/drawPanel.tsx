/** Everything that the side panel shows; it comes when the panel is first on screen. */

import type { BatchesModel, PanelActions } from "../model";
import { BatchesPanel, css } from "../panel";
import { mount } from "./mount";

export function drawPanel(root: HTMLElement, model: BatchesModel, actions: PanelActions, lifetime: AbortSignal): void {
  mount(root, <BatchesPanel model={model} actions={actions} />, css, lifetime);
}
