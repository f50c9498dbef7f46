/** The results of a batch as a table of what varied. */

export { default as css } from "../styles/sweep.css?inline";
export { SweepView } from "../views/sweep/SweepView";
