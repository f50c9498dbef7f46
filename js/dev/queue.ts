/** The queue of a kernel in the page: its order, and what people do with it. */

import { RequestError } from "../src/state/link";
import type { QueueRow } from "../src/state/wire.gen";
import type { FakeKernel } from "./fakeKernel";

export type Waiting = Omit<QueueRow, "position">;

export interface FakeQueue {
  /** In the order in which they will start; change it with `changed` after. */
  tasks: Waiting[];
  /** Take one out; false when it is not there. */
  take(batch: string, index: number): boolean;
  changed(): void;
  revision(): number;
}

/** Answers the requests about the queue. `publish` is told of each change, `removed` of what a person took out. */
export function answerQueue(
  kernel: FakeKernel,
  publish: () => void,
  removed: (tasks: Waiting[]) => void = () => {},
): FakeQueue {
  let revision = 0;
  const queue: FakeQueue = {
    tasks: [],
    take: (batch, index) => {
      const before = queue.tasks.length;
      queue.tasks = queue.tasks.filter((task) => task.batch !== batch || task.index !== index);
      return queue.tasks.length < before;
    },
    changed: () => {
      revision += 1;
      publish();
    },
    revision: () => revision,
  };
  const find = (batch: string, index: number): Waiting => {
    const task = queue.tasks.find((one) => one.batch === batch && one.index === index);
    if (!task) throw new RequestError("StateError", `Task ${index} of ${batch} does not wait any more.`);
    return task;
  };
  kernel.on("queue.get", ({ start, stop }) => ({
    total: queue.tasks.length,
    rows: queue.tasks.slice(start, stop).map((task, at) => ({ ...task, position: start + at })),
  }));
  kernel.on("queue.move", ({ batch, index, to }) => {
    const task = find(batch, index);
    queue.take(batch, index);
    queue.tasks.splice(to, 0, task);
    queue.changed();
    return {};
  });
  kernel.on("queue.front", ({ batch }) => {
    const ofBatch = (task: Waiting) => task.batch === batch;
    queue.tasks = [...queue.tasks.filter(ofBatch), ...queue.tasks.filter((task) => !ofBatch(task))];
    queue.changed();
    return {};
  });
  kernel.on("queue.remove", ({ batch, index }) => {
    const task = find(batch, index);
    queue.take(batch, index);
    removed([task]);
    queue.changed();
    return {};
  });
  kernel.on("queue.clear", () => {
    removed(queue.tasks.splice(0));
    queue.changed();
    return {};
  });
  kernel.on("task.edit", ({ batch, index, params }) => {
    const task = find(batch, index);
    Object.assign(task.params, params);
    queue.changed();
    return {};
  });
  return queue;
}
