/** Which values win, and more like them. */

export { default as css } from "../styles/winners.css?inline";
export { WinnersDialog } from "../views/winners/WinnersDialog";
