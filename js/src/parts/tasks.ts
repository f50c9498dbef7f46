/** What opens in the progress display: the queue, and the details of a task. */

export { default as css } from "../styles/queue.css?inline";
export { Queue } from "../views/progress/Queue";
export { TaskDetails } from "../views/progress/TaskDetails";
