/** What a person can do from the palette and the notebook's context menu. */

import { ICommandPalette, InputDialog, Notification } from "@jupyterlab/apputils";
import { effect } from "@preact/signals-core";
import { visible } from "../../state/unseen";
import { batchesIcon } from "./icon";
import { labPlugin } from "./plugin";
import { type Active, activeBatches, describeBatch, distinct, meant } from "./running";
import { IBatches, INotebooks } from "./tokens";

export const NEW_STUDIO = "batchgen:new-studio";
export const CANCEL_ACTIVE = "batchgen:cancel-active";

export const commands = labPlugin({
  name: "commands",
  description: "New Batch Studio Cell and Cancel Active Batch.",
  needs: [IBatches, INotebooks],
  uses: [ICommandPalette],
  activate: ({ app, trans }, [batches, notebooks], [palette]) => {
    const choose = async (among: readonly Active[]): Promise<Active | undefined> => {
      if (among.length < 2) return among[0];
      const items = distinct(among.map(describeBatch));
      const { button, value } = await InputDialog.getItem({
        title: trans.__("Cancel which batch?"),
        label: trans.__("Several batches run:"),
        okLabel: trans.__("Cancel Batch"),
        cancelLabel: trans.__("Keep All"),
        items,
      });
      return button.accept && value !== null ? among[items.indexOf(value)] : undefined;
    };

    app.commands.addCommand(NEW_STUDIO, {
      label: trans.__("New Batch Studio Cell"),
      caption: trans.__("Insert a cell with a batch studio below the active one"),
      icon: batchesIcon,
      isEnabled: () => notebooks.takesStudio,
      execute: () => notebooks.insertStudio(),
    });
    app.commands.addCommand(CANCEL_ACTIVE, {
      label: trans.__("Cancel Active Batch"),
      caption: trans.__("Cancel the batch of the notebook in front, or the one that runs"),
      isEnabled: () => activeBatches(batches.kernels.value).length > 0,
      execute: async () => {
        const chosen = await choose(meant(activeBatches(batches.kernels.value), notebooks.kernelInFront));
        if (!chosen) return;
        const { kernel, session, batch } = chosen;
        try {
          const model = await batches.ready;
          await model.command(kernel.id, "session.cancel_batch", { session: session.id, batch: batch.id });
        } catch (error) {
          const reason = visible(error instanceof Error ? error.message : String(error));
          Notification.error(trans.__("%1 was not cancelled: %2", visible(batch.generator), reason));
        }
      },
    });
    for (const command of [NEW_STUDIO, CANCEL_ACTIVE]) palette?.addItem({ command, category: trans.__("Batches") });

    let some: boolean | null = null;
    effect(() => {
      const now = activeBatches(batches.kernels.value).length > 0;
      if (now !== some) app.commands.notifyCommandChanged(CANCEL_ACTIVE);
      some = now;
    });
    effect(() => {
      void notebooks.takesStudio;
      app.commands.notifyCommandChanged(NEW_STUDIO);
    });
  },
});
