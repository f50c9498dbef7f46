/** The settings as Python: into the clipboard, or to be copied by hand. */

export { default as css } from "../styles/code.css?inline";
export { CopyCode } from "../views/code/CopyCode";
