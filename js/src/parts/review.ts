/** One result at a time, to keep or to drop. */

export { default as css } from "../styles/review.css?inline";
export { ReviewDialog } from "../views/review/ReviewDialog";
