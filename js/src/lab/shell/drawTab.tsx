/** Everything that a tab shows; it comes with the first of them. */

import type { OpenView, ViewSource } from "../model";
import { css, ViewTab, type ViewTabProps } from "../tabs";
import { mount } from "./mount";

export function drawTab(
  root: HTMLElement,
  view: OpenView,
  source: ViewSource,
  onOpenBatch: ViewTabProps["onOpenBatch"],
  lifetime: AbortSignal,
): void {
  mount(root, <ViewTab view={view} source={source} {...(onOpenBatch && { onOpenBatch })} />, css, lifetime);
}
