/** What reviewers say, side by side. */

export { default as css } from "../styles/reviews.css?inline";
export { ReviewsDialog as Dialog } from "../views/reviews/ReviewsDialog";
