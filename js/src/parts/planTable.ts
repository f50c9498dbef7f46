/** The first tasks of a plan. */

export { default as css } from "../styles/plan-table.css?inline";
export { PlanTable } from "../views/config/PlanTable";
