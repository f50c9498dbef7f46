/** Assets at a large size: one with all that is known of it, several side by side, or one after the other to keep or drop. */

export { default as css } from "../styles/viewer.css?inline";
export { CompareDialog } from "../views/compare/CompareDialog";
export { DetailDialog } from "../views/detail/DetailDialog";
export { ReviewDialog } from "../views/review/ReviewDialog";
