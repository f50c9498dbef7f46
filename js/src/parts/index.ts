/**
 * The parts by name, each a file of this folder.
 *
 * Whoever bundles these sources makes chunks of them. In the bundles that a kernel serves, js/bundles.mjs puts doors in the place of this
 * module: they have the same names, and ask the kernel.
 */

import { Part } from "../state/parts";

export const cleanup = new Part({ load: () => import("./cleanup") });
export const code = new Part({ load: () => import("./code") });
export const filters = new Part({ load: () => import("./filters") });
export const held = new Part({ load: () => import("./held") });
export const history = new Part({ load: () => import("./history") });
export const lineage = new Part({ load: () => import("./lineage") });
export const mediaField = new Part({ load: () => import("./mediaField") });
export const menu = new Part({ load: () => import("./menu") });
export const planTable = new Part({ load: () => import("./planTable") });
export const recall = new Part({ load: () => import("./recall") });
export const reviews = new Part({ load: () => import("./reviews") });
export const selected = new Part({ load: () => import("./selected") });
export const share = new Part({ load: () => import("./share") });
export const shortcuts = new Part({ load: () => import("./shortcuts") });
export const sweep = new Part({ load: () => import("./sweep") });
export const tasks = new Part({ load: () => import("./tasks") });
export const textList = new Part({ load: () => import("./textList") });
export const underway = new Part({ load: () => import("./underway") });
export const viewer = new Part({ load: () => import("./viewer") });
export const winners = new Part({ load: () => import("./winners") });
