/** What our plugins provide to each other. */

import { Token } from "@lumino/coreutils";
import type { LateBatches } from "./batches";
import type { Notebooks } from "./notebooks";
import type { Settings } from "./settings";
import type { Views } from "./views";

export const ISettings = new Token<Settings>("batchgen-widgets:ISettings", "What a person set for the sidebar.");
export const INotebooks = new Token<Notebooks>(
  "batchgen-widgets:INotebooks",
  "The open notebooks, and what is done in them.",
);
export const IBatches = new Token<LateBatches>(
  "batchgen-widgets:IBatches",
  "The sessions of all kernels, and the projects.",
);
export const IViews = new Token<Views>("batchgen-widgets:IViews", "Views as tabs of the main area.");
