/** The keys of the gallery. */

export { default as css } from "../styles/shortcuts.css?inline";
export { ShortcutsDialog } from "../views/shortcuts/ShortcutsDialog";
