/** The error, traceback and log of one task, below the list: the list itself never moves. */

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { TaskRow } from "../../state/wire.gen";
import { IconButton } from "../controls";

interface TaskDetailsProps {
  id: string;
  index: number;
  row: TaskRow | undefined;
  /** Whether the focus comes here; taken once. */
  sought: RefObject<boolean>;
  onClose: () => void;
}

function Block({ title, text }: { title: string; text: string }) {
  return (
    <section class="bgw-details-block" aria-label={title}>
      <h5 class="bgw-label">{title}</h5>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll, also by keyboard */}
      <pre class="bgw-details-text" tabIndex={0}>
        {text.trimEnd()}
      </pre>
    </section>
  );
}

export function TaskDetails({ id, index, row, sought, onClose }: TaskDetailsProps) {
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (!sought.current) return;
    sought.current = false;
    section.current?.focus();
  });
  const attempt = row && row.attempt > 1 ? `, attempt ${row.attempt}` : "";
  return (
    <section class="bgw-details" id={id} ref={section} tabIndex={-1} aria-label={`Details of task ${index}`}>
      <div class="bgw-details-head">
        <h4 class="bgw-subtitle">
          Task {index}
          {attempt}
        </h4>
        <span class="bgw-spread" />
        <IconButton icon="close" label="Close details" onClick={onClose} />
      </div>
      {row?.error && <p class="bgw-details-error">{row.error}</p>}
      {row?.traceback && <Block title="Traceback" text={row.traceback} />}
      {row?.log && <Block title="Log" text={row.log} />}
      {row && !row.error && !row.traceback && !row.log && <p class="bgw-muted">This task has left no log.</p>}
    </section>
  );
}
