/** Two to nine assets at once. */

export { default as css } from "../styles/compare.css?inline";
export { CompareDialog } from "../views/compare/CompareDialog";
