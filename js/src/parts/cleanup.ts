/** Makes room: only favorites stay, and the trash. */

export { default as css } from "../styles/cleanup.css?inline";
export { CleanupDialog as Dialog } from "../views/cleanup/CleanupDialog";
