/** What a file says of how it was made. */

export { default as css } from "../styles/recall.css?inline";
export { Recall } from "../views/recall/Recall";
