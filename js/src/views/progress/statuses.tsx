/** How a status looks: always an icon and a word, colour only beside them. */

import type { BatchSummary, TaskCounts } from "../../state/wire.gen";
import { Icon, type IconName } from "../icons";

export type TaskStatus = keyof TaskCounts;

interface Look {
  icon: IconName;
  word: string;
}

export const TASK_LOOKS: Record<TaskStatus, Look> = {
  queued: { icon: "clock", word: "Queued" },
  running: { icon: "arc", word: "Running" },
  completed: { icon: "check", word: "Completed" },
  failed: { icon: "alert", word: "Failed" },
  cancelled: { icon: "close", word: "Cancelled" },
  interrupted: { icon: "bolt", word: "Interrupted" },
};

const BATCH_LOOKS: Record<BatchSummary["status"], Look> = {
  pending: { icon: "clock", word: "Pending" },
  running: { icon: "arc", word: "Running" },
  paused: { icon: "pause", word: "Paused" },
  completed: { icon: "check", word: "Completed" },
  failed: { icon: "alert", word: "Failed" },
  cancelled: { icon: "close", word: "Cancelled" },
  interrupted: { icon: "bolt", word: "Interrupted" },
};

export function BatchBadge({ status }: { status: BatchSummary["status"] }) {
  const { icon, word } = BATCH_LOOKS[status];
  return (
    <span class={`bgw-badge bgw-is-${status}`}>
      <Icon name={icon} />
      {word}
    </span>
  );
}
