/** Which results were made from which. */

export { default as css } from "../styles/lineage.css?inline";
export { LineageDialog as Dialog } from "../views/lineage/LineageDialog";
export { LineageView } from "../views/lineage/LineageView";
