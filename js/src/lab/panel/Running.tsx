/** The kernels that have sessions, each under the names of its notebooks. */

import { type ReadonlySignal, useComputed } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { KernelClock } from "../../state/clock";
import { useKeptFocus } from "../../views/focus";
import { Icon } from "../../views/icons";
import { useUniqueId } from "../../views/ids";
import type { BatchesModel, KernelEntry, PanelActions } from "../model";
import { NOTEBOOK } from "./icons";
import { SessionCard } from "./SessionCard";
import type { PanelWidth } from "./width";

interface RunningProps {
  model: BatchesModel;
  actions: PanelActions;
  width: PanelWidth;
}

const isTicking = ({ state, sessions }: KernelEntry) =>
  state === "live" && sessions.some(({ batch }) => batch?.status === "running" || batch?.status === "paused");

/** Our clock, which ticks while a batch is under way. */
function useNow(model: BatchesModel): ReadonlySignal<number> {
  const clock = useMemo(() => new KernelClock(), []);
  const ticking = useComputed(() => model.kernels.value.some(isTicking)).value;
  useEffect(() => {
    if (ticking) clock.start();
    return () => clock.stop();
  }, [clock, ticking]);
  return clock.now;
}

export function Running({ model, actions, width }: RunningProps) {
  const kernels = model.kernels.value;
  const now = useNow(model);
  const ref = useRef<HTMLDivElement>(null);
  // A kernel that goes takes its cards along; focus goes to the heading above them.
  useKeptFocus(ref, () => ref.current?.closest(".bgw-lab-section")?.querySelector("button")?.focus());
  return (
    <div ref={ref}>
      {kernels.map((kernel) => (
        <Kernel key={kernel.id} model={model} kernel={kernel} actions={actions} now={now} width={width} />
      ))}
      {!kernels.length && (
        <p class="bgw-lab-none bgw-small bgw-muted">
          No batch session is open. One that a notebook opens shows here, with its progress.
        </p>
      )}
    </div>
  );
}

interface KernelProps extends RunningProps {
  kernel: KernelEntry;
  now: ReadonlySignal<number>;
}

function Kernel({ kernel, ...rest }: KernelProps) {
  const id = useUniqueId();
  const { titles, state, sessions } = kernel;
  return (
    <div class={`bgw-lab-kernel bgw-is-${state}`}>
      <h3 class="bgw-lab-kernel-head bgw-small" id={id}>
        <Icon name={NOTEBOOK} />
        <span>
          {titles.map((title, i) => (
            <bdi key={i}>{i < titles.length - 1 ? `${title}, ` : title}</bdi>
          ))}
        </span>
      </h3>
      {state === "lost" && (
        <p class="bgw-lab-lost bgw-small">
          <Icon name="alert" />
          <span>The kernel does not answer. {sessions.length > 0 && "This is how it was last heard of."}</span>
        </p>
      )}
      {state === "connecting" && !sessions.length && <p class="bgw-lab-none bgw-small bgw-muted">Connecting…</p>}
      {state === "live" && !sessions.length && <p class="bgw-lab-none bgw-small bgw-muted">No session is open.</p>}
      {sessions.length > 0 && (
        <ul class="bgw-lab-cards" aria-labelledby={id}>
          {sessions.map((session) => (
            <SessionCard key={session.id} kernel={kernel} session={session} {...rest} />
          ))}
        </ul>
      )}
    </div>
  );
}
