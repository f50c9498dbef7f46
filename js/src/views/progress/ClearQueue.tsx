/** Empties the queue, once a person has said so twice. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import { Button } from "../controls";

/** Two steps in one place: the second has to be another button, or a double click would empty the queue. */
export function ClearQueue({ tasks, onClear }: { tasks: number; onClear: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const sure = useSignal<boolean | null>(null);
  useLayoutEffect(() => {
    if (sure.value !== null) ref.current?.querySelector<HTMLElement>("button:last-of-type")?.focus();
  }, [sure.value]);
  const back = () => {
    sure.value = false;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div
      class="bgw-queue-clear"
      role="group"
      aria-label="Clear queue"
      ref={ref}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !sure.peek()) return;
        event.stopPropagation();
        back();
      }}
    >
      {sure.value ? (
        <>
          <Button key="clear" kind="danger" class="bgw-small-button" onClick={onClear}>
            Remove {formatCount(tasks, "task")}
          </Button>
          <Button key="keep" class="bgw-small-button" onClick={back}>
            Keep
          </Button>
        </>
      ) : (
        <Button
          key="ask"
          kind="quiet"
          class="bgw-small-button"
          onClick={() => {
            sure.value = true;
          }}
        >
          Clear queue
        </Button>
      )}
    </div>
  );
}
