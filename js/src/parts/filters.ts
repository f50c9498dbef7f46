/** What there is to filter a gallery by, and what finds by it. */

export { assetColumns } from "../state/columns";
export { matchingPositions } from "../state/matching";
export { default as css } from "../styles/filters.css?inline";
export { Chips } from "../views/filters/Chips";
export { FilterPanel } from "../views/filters/FilterPanel";
