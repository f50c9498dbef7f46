/**
 * The parts by name, each a file of this folder.
 *
 * Whoever bundles these sources makes chunks of them. In the bundles that a kernel serves, js/bundles.mjs puts doors in the place of this
 * module: they have the same names, and ask the kernel.
 */

import { Part } from "../state/parts";

export const filters = new Part({ load: () => import("./filters") });
export const planTable = new Part({ load: () => import("./planTable") });
export const shortcuts = new Part({ load: () => import("./shortcuts") });
export const sweep = new Part({ load: () => import("./sweep") });
export const tasks = new Part({ load: () => import("./tasks") });
export const textList = new Part({ load: () => import("./textList") });
export const viewer = new Part({ load: () => import("./viewer") });
export const winners = new Part({ load: () => import("./winners") });
