/** That an earlier batch is on show. */

export { HeldBar } from "../views/gallery/HeldBar";
