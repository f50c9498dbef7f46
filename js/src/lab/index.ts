import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";

const panel: JupyterFrontEndPlugin<void> = {
  id: "batchgen-widgets:plugin",
  autoStart: true,
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd) => {
    const widget = new Widget();
    widget.id = "batchgen-batches";
    widget.title.label = "Batches";
    app.shell.add(widget, "left");
  },
};

export default [panel];
