/** What failed in a batch, on one line that unfolds. */

import { useSignal } from "@preact/signals";
import { formatCount } from "../../state/format";
import type { BatchSummary } from "../../state/wire.gen";
import { Button } from "../../views/controls";
import { Icon } from "../../views/icons";
import { useUniqueId } from "../../views/ids";
import { Chevron } from "./Chevron";

interface FailuresProps {
  batch: BatchSummary;
  /** Whether a retry is on its way, or can't be asked for. */
  waiting: boolean;
  onRetry: () => void;
}

export function Failures({ batch: { counts, failures }, waiting, onRetry }: FailuresProps) {
  const id = useUniqueId();
  const open = useSignal(false);
  const [first] = failures;
  const words = (
    <>
      <Icon name="alert" />
      <span class="bgw-lab-failed bgw-number">{formatCount(counts.failed)} failed</span>
    </>
  );
  return (
    <div class="bgw-lab-failures bgw-small">
      <div class="bgw-lab-line">
        {first ? (
          <button
            type="button"
            class="bgw-lab-fold"
            aria-expanded={open.value}
            aria-controls={open.value ? id : undefined}
            onClick={() => {
              open.value = !open.peek();
            }}
          >
            {words}
            <bdi class="bgw-lab-cut bgw-muted">{!open.value && first.error}</bdi>
            <Chevron />
          </button>
        ) : (
          <span class="bgw-lab-fold">{words}</span>
        )}
        <Button class="bgw-lab-small" icon="retry" unavailable={waiting} onClick={onRetry}>
          <span>
            Retry<span class="bgw-sr-only"> failed</span>
          </span>
        </Button>
      </div>
      {open.value && (
        <ul class="bgw-lab-errors" id={id} aria-label="What failed">
          {failures.map(({ error, count, first: index }) => (
            <li key={index}>
              <span class="bgw-number bgw-muted">{formatCount(count)} ×</span>
              <bdi class="bgw-lab-error">{error}</bdi>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
