/** The item of the status bar: how far everything is that runs. */

import { IStatusBar } from "@jupyterlab/statusbar";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { computed, effect } from "@preact/signals-core";
import { OPEN_PANEL } from "./panel";
import { labPlugin } from "./plugin";
import { activeBatches, overallProgress } from "./running";
import { IBatches, ISettings } from "./tokens";

export const status = labPlugin({
  name: "status",
  description: "The progress of running batches in the status bar.",
  needs: [IStatusBar, ISettings, IBatches],
  activate: ({ app, trans }, [bar, settings, batches]) => {
    const item = new Widget();
    const changed = new Signal<Widget, void>(item);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bgw-status jp-StatusBar-TextItem";
    button.addEventListener("click", () => void app.commands.execute(OPEN_PANEL));
    item.node.append(button);
    item.addClass("jp-mod-highlighted");

    const progress = computed(() =>
      settings.statusBar.value ? overallProgress(activeBatches(batches.kernels.value), trans) : null,
    );
    const text = computed(() => progress.value?.text ?? "");
    bar.registerStatusItem("batchgen-widgets:status", {
      item,
      align: "left",
      rank: 20,
      priority: 1,
      isActive: () => text.value !== "",
      activeStateChanged: changed,
    });
    effect(() => {
      button.textContent = text.value;
      const spoken = progress.peek()?.spoken;
      button.title = spoken ? trans.__("%1. Show all batches", spoken) : "";
      button.setAttribute("aria-label", button.title);
      changed.emit();
    });
  },
});
