/** One asset at a time, large. */

export { default as css } from "../styles/detail.css?inline";
export { DetailDialog } from "../views/detail/DetailDialog";
