/** What goes along with a batch while it runs: what is said of it, and how its tasks' results look so far. */

export { Announcer } from "../state/announcer";
export { Previews } from "../state/previews";
