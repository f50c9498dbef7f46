/** The content of JupyterLab's side panel. Whoever shows it puts `css` on the page, and a `.bgw-root` around it, in something as tall as the panel. */

export { default as css } from "../../styles/lab-panel.css?inline";
export { BatchesPanel } from "./BatchesPanel";
