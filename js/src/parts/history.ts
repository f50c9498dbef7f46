/** Earlier batches: found, shown again, compared, and taken up again. */

export { default as css } from "../styles/history.css?inline";
export { HistoryDialog as Dialog } from "../views/history/HistoryDialog";
