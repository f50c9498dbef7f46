/** What a person set, as signals: a change in JupyterLab's settings shows at once. */

import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import { DEFAULTS, type SettingValues } from "./defaults";
import { labPlugin } from "./plugin";
import { ISettings } from "./tokens";

export type Settings = { readonly [K in keyof SettingValues]: ReadonlySignal<SettingValues[K]> } & {
  /** Settles when the person's own values are here, or can't be had. */
  readonly loaded: Promise<void>;
};

/** The id under which JupyterLab knows the schema, and this plugin. */
const NAME = "plugin";

export const settings = labPlugin({
  name: NAME,
  description: "The settings of the sidebar for batches.",
  needs: [],
  uses: [ISettingRegistry],
  provides: ISettings,
  activate: (_place, _needed, [registry]) => {
    const values: { [K in keyof SettingValues]: Signal<SettingValues[K]> } = {
      area: signal(DEFAULTS.area),
      notifications: signal(DEFAULTS.notifications),
      refreshSeconds: signal(DEFAULTS.refreshSeconds),
      statusBar: signal(DEFAULTS.statusBar),
    };
    const follow = async () => {
      const loaded = await registry?.load(`batchgen-widgets:${NAME}`);
      const take = () => {
        for (const name of Object.keys(values) as (keyof SettingValues)[]) {
          (values[name] as Signal<unknown>).value = loaded?.composite[name] ?? DEFAULTS[name];
        }
      };
      take();
      loaded?.changed.connect(take);
    };
    const loaded = follow().catch((error) =>
      console.warn("The settings of the sidebar for batches can't be read.", error),
    );
    return { ...values, loaded };
  },
});
