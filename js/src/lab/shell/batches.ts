/** The data of the sidebar, which comes once JupyterLab has started. */

import { computed, type ReadonlySignal, signal } from "@preact/signals-core";
import type { KernelEntry } from "../model";
import type { Batches } from "../watch/batches";
import { labPlugin } from "./plugin";
import { IBatches, INotebooks, ISettings } from "./tokens";

/** `Batches`, on its way. */
export interface LateBatches {
  readonly ready: Promise<Batches>;
  /** The kernels that it knows: none before it is here. */
  readonly kernels: ReadonlySignal<readonly KernelEntry[]>;
}

export const batches = labPlugin({
  name: "batches",
  description: "Follows the batch sessions of all kernels, and the projects below the server's root.",
  needs: [ISettings, INotebooks],
  provides: IBatches,
  activate: ({ app }, [settings, notebooks]) => {
    const here = signal<Batches | null>(null);
    const load = async () => {
      await app.restored;
      await settings.loaded;
      const { Batches } = await import("../watch/batches");
      here.value = new Batches({
        services: app.serviceManager,
        openKernels: notebooks,
        refreshSeconds: settings.refreshSeconds,
        // As long as the page.
        lifetime: new AbortController().signal,
      });
      return here.value;
    };
    const ready = load();
    ready.catch((error) => console.error("The sidebar for batches can't be loaded.", error));
    return { ready, kernels: computed(() => here.value?.kernels.value ?? []) };
  },
});
