/** Texts that vary. */

export { default as css } from "../styles/text-list.css?inline";
export { TextList } from "../views/config/TextList";
