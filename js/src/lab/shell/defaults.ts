/** `js/schema/plugin.json` says what each means, and has the same defaults. */
export interface SettingValues {
  area: "left" | "right";
  notifications: "always" | "hidden" | "never";
  refreshSeconds: number;
  statusBar: boolean;
}

export const DEFAULTS: SettingValues = { area: "left", notifications: "hidden", refreshSeconds: 5, statusBar: true };
