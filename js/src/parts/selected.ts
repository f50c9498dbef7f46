/** What can be done with the results that are selected. */

export { SelectionActions } from "../views/gallery/SelectionActions";
