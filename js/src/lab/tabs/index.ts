/** What tabs of JupyterLab's main area show: one component, and its style sheet. */

export { default as css } from "../../styles/lab-tabs.css?inline";
export { ViewTab, type ViewTabProps } from "./ViewTab";
