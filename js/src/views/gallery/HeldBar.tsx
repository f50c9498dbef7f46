/** Says that an earlier batch is on show, and leads back. */

import type { KernelLink } from "../../state/link";
import { formatMoment, formatWhen } from "../../state/when";
import type { HeldBatch } from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { useActions } from "../requests";

export function HeldBar({ link, held: { created_at, newer } }: { link: KernelLink; held: HeldBatch }) {
  const { problem, dismiss, send } = useActions(link);
  return (
    <>
      <span>
        Showing the batch started <time title={formatMoment(created_at)}>{formatWhen(created_at)}</time>
      </span>
      <span role="status">{newer && "Another batch is running"}</span>
      <Button icon="undo" kind="quiet" onClick={() => send("history.show", { batch: null })}>
        {newer ? "Show it" : "Back to the current batch"}
      </Button>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
    </>
  );
}
