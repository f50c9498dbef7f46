/** A menu that is open. */

export { MenuList } from "../views/MenuList";
