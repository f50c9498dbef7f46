/** Results to keep and to send: archive, page, code. */

export { default as css } from "../styles/share.css?inline";
export { ShareDialog as Dialog } from "../views/share/ShareDialog";
