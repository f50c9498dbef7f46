/** A session of a kernel: what it runs, how far that is, and what can be done about it. */

import type { ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { isFinished } from "../../state/batch";
import { formatCount, formatDuration, formatElapsed } from "../../state/format";
import { formatWhen } from "../../state/when";
import type { BatchSummary, SidebarSession } from "../../state/wire.gen";
import { Button, IconButton, Notice } from "../../views/controls";
import { useKeptFocus } from "../../views/focus";
import { RESUME } from "../../views/history/icons";
import { Icon, type IconName } from "../../views/icons";
import { useUniqueId } from "../../views/ids";
import { OverallBar } from "../../views/progress/Overall";
import { BatchBadge } from "../../views/progress/statuses";
import type { BatchesModel, KernelEntry, PanelActions } from "../model";
import { Failures } from "./Failures";
import { FOLDER } from "./icons";
import { type Command, type Commands, useCommands } from "./useCommands";
import { ViewButtons } from "./ViewButtons";
import type { PanelWidth } from "./width";

const settledOf = ({ counts, total }: BatchSummary) => total - counts.queued - counts.running;

/** No finer than it is known, so that it does not flicker. */
function roughly(seconds: number): string {
  if (seconds < 10) return "a few seconds";
  const step = seconds < 60 ? 5 : 60;
  return `about ${formatDuration(step * Math.max(1, Math.round(seconds / step)))}`;
}

/** How far it is, for how long it runs and how long still; or what came of it, how long it took and when it ended. */
function figuresOf(batch: BatchSummary, now: number, live: boolean): string[] {
  const { started_at, completed_at, eta_s, status, total, counts } = batch;
  if (isFinished(batch)) {
    const completed = `${formatCount(counts.completed)} of ${formatCount(total)} completed`;
    if (completed_at === null) return [completed];
    const ended = formatWhen(completed_at);
    return started_at === null
      ? [completed, ended]
      : [completed, `took ${formatDuration(completed_at - started_at)}`, ended];
  }
  const done = `${formatCount(settledOf(batch))} of ${formatCount(total)} done`;
  if (!live) return [done];
  if (started_at === null) return [done, "not started yet"];
  const elapsed = formatElapsed(now - started_at);
  return status === "running" && eta_s !== null ? [done, elapsed, `${roughly(eta_s)} left`] : [done, elapsed];
}

/** What waits beyond the batch on show. */
function waitingOf({ batch, queue }: SidebarSession): string | null {
  const own = batch?.counts.queued ?? 0;
  const tasks = queue.tasks - own;
  if (tasks <= 0) return null;
  const batches = Math.max(1, queue.batches - (own > 0 ? 1 : 0));
  const of = batches > 1 ? `${formatCount(batches)} more batches` : "another batch";
  return `${formatCount(tasks, "task")} of ${of} queued`;
}

interface SessionCardProps {
  model: BatchesModel;
  kernel: KernelEntry;
  session: SidebarSession;
  actions: PanelActions;
  /** Epoch seconds, ticking. */
  now: ReadonlySignal<number>;
  width: PanelWidth;
}

export function SessionCard({ model, kernel, session, actions, now, width }: SessionCardProps) {
  const id = useUniqueId();
  const ref = useRef<HTMLLIElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const commands = useCommands(model, kernel.id);
  const { batch, project } = session;
  const waiting = waitingOf(session);
  const live = kernel.state === "live";
  // A button that has done its work goes away; focus must not fall out of the card with it.
  useKeptFocus(ref, () => heading.current?.focus());

  return (
    <li class={`bgw-lab-card${batch && isFinished(batch) ? " bgw-is-over" : ""}`} ref={ref} aria-labelledby={id}>
      <div class="bgw-lab-line">
        <h4 class="bgw-lab-cut bgw-subtitle" id={id} ref={heading} tabIndex={-1} title={session.generator}>
          {session.generator}
        </h4>
        <span class="bgw-spread" />
        {batch && <BatchBadge status={batch.status} />}
      </div>
      <p class="bgw-lab-where bgw-small bgw-muted" title={project.folder}>
        <Icon name={FOLDER} />
        <span class="bgw-sr-only">Project </span>
        <bdi class="bgw-lab-cut">{project.name}</bdi>
      </p>
      {batch && (
        <>
          <OverallBar
            batch={batch}
            underway={Math.max(0, session.progress * batch.total - settledOf(batch))}
            label={`Progress of ${session.generator}`}
          />
          <p class="bgw-lab-figures bgw-small bgw-number">
            {figuresOf(batch, now.value, live).map((figure, i) => (
              <span key={i}>{figure}</span>
            ))}
          </p>
          {batch.counts.failed > 0 && (
            <Failures
              key={batch.id}
              batch={batch}
              waiting={!live || commands.sent.value.has("session.retry_failed")}
              onRetry={() => commands.send("session.retry_failed", { session: session.id, batch: batch.id })}
            />
          )}
        </>
      )}
      {waiting && (
        <p class="bgw-lab-where bgw-small bgw-muted bgw-number">
          <Icon name="queue" />
          {waiting}
        </p>
      )}
      {commands.problem.value && <Notice onClose={commands.dismiss}>{commands.problem.value}</Notice>}
      <div class="bgw-lab-foot">
        <Controls session={session} live={live} commands={commands} width={width} />
        {!batch && <span class="bgw-small bgw-muted">No batch yet</span>}
        <ViewButtons kernel={kernel} session={session} actions={actions} width={width} />
      </div>
    </li>
  );
}

interface ControlProps {
  icon: IconName;
  label: string;
  unavailable: boolean;
  onClick: () => void;
  width: PanelWidth;
}

function Control({ label, width, ...rest }: ControlProps) {
  return width === "tight" ? (
    <IconButton class="bgw-lab-boxed" label={label} {...rest} />
  ) : (
    <Button class="bgw-lab-small" {...rest}>
      {label}
    </Button>
  );
}

interface ControlsProps {
  session: SidebarSession;
  live: boolean;
  commands: Commands;
  width: PanelWidth;
}

function Controls({ session: { id: session, batch, queue }, live, commands: { sent, send }, width }: ControlsProps) {
  const common = (method: Command) => ({ unavailable: !live || sent.value.has(method), width });
  const over = !batch || isFinished(batch);
  return (
    <>
      {queue.paused
        ? (!over || queue.tasks > 0) && (
            <Control
              key="queue"
              icon="play"
              label={over ? "Resume queue" : "Resume"}
              {...common("session.resume")}
              onClick={() => send("session.resume", { session })}
            />
          )
        : !over && (
            <Control
              key="queue"
              icon="pause"
              label="Pause"
              {...common("session.pause")}
              onClick={() => send("session.pause", { session })}
            />
          )}
      {batch && !over && (
        <Control
          key="cancel"
          icon="close"
          label="Cancel"
          {...common("session.cancel_batch")}
          onClick={() => send("session.cancel_batch", { session, batch: batch.id })}
        />
      )}
      {batch && over && batch.counts.cancelled + batch.counts.interrupted > 0 && (
        <Control
          key="batch"
          icon={RESUME}
          label="Resume batch"
          {...common("session.resume_batch")}
          onClick={() => {
            // In a queue that is paused and empty, what goes on would only wait.
            if (queue.paused && !queue.tasks) send("session.resume", { session });
            send("session.resume_batch", { session, batch: batch.id });
          }}
        />
      )}
    </>
  );
}
