/** The progress display: one batch while it runs, and what became of it. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { tasks, underway } from "../../parts";
import type { Announcer } from "../../state/announcer";
import { isFinished } from "../../state/batch";
import { KernelClock } from "../../state/clock";
import type { KernelLink } from "../../state/link";
import type { BatchSummary, TaskRef } from "../../state/wire.gen";
import { Empty, Notice } from "../controls";
import { useKeptFocus } from "../focus";
import { useUniqueId } from "../ids";
import { Late } from "../late";
import { useActions } from "../requests";
import { Header } from "./Header";
import { Figures, OverallBar } from "./Overall";
import { TaskList } from "./TaskList";
import { TasksHead } from "./TasksHead";

/** The text of the live region, at a calm rate. */
function useAnnouncements(link: KernelLink, batch: BatchSummary | null): string {
  const found = useRef(batch);
  const announcer = useRef<Announcer | null>(null);
  const part = useSignal(underway.ready);
  const said = useSignal("");
  const needed = batch !== null;
  useEffect(() => {
    if (part.peek() || !needed) return;
    let left = false;
    underway.load(link).then(
      (exports) => {
        if (!left) part.value = exports;
      },
      // Nothing is said then; what happens is there to be read.
      () => {},
    );
    return () => {
      left = true;
    };
  }, [link, needed]);
  useEffect(() => {
    if (!part.value) return;
    // What happened while the announcer was on its way is news all the same.
    if (!announcer.current) {
      announcer.current = new part.value.Announcer();
      announcer.current.hear(found.current, performance.now());
    }
    const { current } = announcer;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hear = () => {
      const { text, wait } = current.hear(batch, performance.now());
      if (text !== null) said.value = text;
      if (wait !== null) timer = setTimeout(hear, wait);
    };
    hear();
    return () => clearTimeout(timer);
  }, [part.value, batch]);
  return said.value;
}

/** The kernel's time, which ticks while the batch is under way. */
function useKernelNow(link: KernelLink, batch: BatchSummary | null): number {
  const clock = useMemo(() => new KernelClock(), []);
  const ticking = batch !== null && batch.started_at !== null && !isFinished(batch);
  useEffect(() => void clock.sync(link), [clock, link]);
  useEffect(() => {
    if (ticking) clock.start();
    return () => clock.stop();
  }, [clock, ticking]);
  return clock.now.value;
}

function BatchProgress({ link, batch, now }: { link: KernelLink; batch: BatchSummary; now: number }) {
  const { problem, dismiss, send } = useActions(link);
  const running = link.trait("running").value;
  const queue = link.trait("queue").value;
  const queueId = useUniqueId();
  const queueOpen = useSignal(false);
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const wanted = useSignal<number | null>(null);
  const edited = useSignal<TaskRef | null>(null);
  const waits = queue.tasks > 0;
  useEffect(() => {
    if (!waits) queueOpen.value = false;
  }, [waits]);
  useKeptFocus(section, () => heading.current?.focus());
  return (
    <>
      <Header link={link} batch={batch} send={send} />
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
      <OverallBar batch={batch} underway={running.reduce((sum, { progress }) => sum + (progress ?? 0), 0)} />
      <Figures batch={batch} now={now} />
      <TasksHead
        failures={batch.failures}
        queue={queue}
        queueId={queueId}
        queueOpen={queueOpen}
        heading={heading}
        onShow={(task) => {
          wanted.value = task;
        }}
      />
      {waits && queueOpen.value && (
        <Late part={tasks} link={link} what="the queue" id={queueId}>
          {({ Queue }) => <Queue id={queueId} link={link} section={section} edited={edited} />}
        </Late>
      )}
      {batch.total > 0 && (
        <TaskList key={batch.id} link={link} batch={batch} send={send} wanted={wanted} edited={edited} />
      )}
    </>
  );
}

export function ProgressDisplay({ link }: { link: KernelLink }) {
  const batch = link.trait("batch").value;
  const now = useKernelNow(link, batch);
  const announcement = useAnnouncements(link, batch);
  return (
    <section class="bgw-panel bgw-progress" aria-label="Progress">
      {batch ? (
        <BatchProgress link={link} batch={batch} now={now} />
      ) : (
        <>
          <div class="bgw-panel-head">
            <h3 class="bgw-title">Progress</h3>
          </div>
          <Empty icon="list" title="No batch yet">
            Start a batch, and its tasks show here with their progress, live previews and errors.
          </Empty>
        </>
      )}
      <p class="bgw-sr-only" aria-live="polite">
        {announcement}
      </p>
    </section>
  );
}
