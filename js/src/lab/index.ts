/**
 * The JupyterLab extension. What is imported here loads when JupyterLab starts; the data and the views come when they are needed.
 */

import { archives } from "./shell/archives";
import { batches } from "./shell/batches";
import { commands } from "./shell/commands";
import { notebooks } from "./shell/notebooks";
import { notifications } from "./shell/notifications";
import { panel } from "./shell/panel";
import { settings } from "./shell/settings";
import { status } from "./shell/status";
import { views } from "./shell/views";

export default [settings, notebooks, batches, views, panel, commands, status, notifications, archives];
