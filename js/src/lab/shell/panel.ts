/** The side panel, and the command that shows it. */

import { ILayoutRestorer } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { computed, effect } from "@preact/signals-core";
import css from "../../styles/lab-shell.css?inline";
import type { PanelActions } from "../model";
import { Frame } from "./frame";
import { batchesIcon } from "./icon";
import { labPlugin } from "./plugin";
import { addSheet } from "./sheets";
import { IBatches, INotebooks, ISettings, IViews } from "./tokens";

export const OPEN_PANEL = "batchgen:open-panel";
const PANEL = "batchgen-batches";
/** Below JupyterLab's own. */
const RANK = 600;

export const panel = labPlugin({
  name: "panel",
  description: "The side panel Batches.",
  needs: [ISettings, IBatches, INotebooks, IViews],
  uses: [ILayoutRestorer, ICommandPalette],
  activate: async ({ app, shell, trans }, [settings, batches, notebooks, views], [restorer, palette]) => {
    addSheet(css);
    const actions: PanelActions = {
      showCell: (kernel, session) => void notebooks.showCell(kernel.id, session.widgets),
      openView: (...view) => views.openView(...view),
      openBatch: (...batch) => views.openBatch(...batch),
      newStudio: computed(() => (notebooks.takesStudio ? () => void notebooks.insertStudio() : null)),
    };
    const frame = new Frame(async (root, lifetime) => {
      const [{ drawPanel }, model] = await Promise.all([import("./drawPanel"), batches.ready]);
      drawPanel(root, model, actions, lifetime);
    }, trans);
    frame.id = PANEL;
    frame.node.setAttribute("aria-label", trans.__("Batches"));
    frame.title.icon = batchesIcon;
    frame.title.caption = trans.__("Batches");
    restorer?.add(frame, PANEL);

    const category = trans.__("Batches");
    app.commands.addCommand(OPEN_PANEL, {
      label: trans.__("Open Batches"),
      caption: trans.__("Show the side panel with all batches"),
      icon: batchesIcon,
      execute: () => {
        shell.activateById(PANEL);
        // The palette, as it closes, gives the focus back to the main area.
        requestAnimationFrame(() => shell.activateById(PANEL));
      },
    });
    palette?.addItem({ command: OPEN_PANEL, category });

    // Where it sits must be known before JupyterLab puts back what was open.
    await settings.loaded;
    const place = () => {
      const area = settings.area.value;
      if ([...shell.widgets(area)].includes(frame)) return;
      const { isVisible } = frame;
      shell.add(frame, area, { rank: RANK });
      if (isVisible) shell.activateById(PANEL);
    };
    effect(place);
    // JupyterLab puts it back at the side where it was, and the setting may be another one since.
    void app.restored.then(place);
  },
});
