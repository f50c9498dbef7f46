/** What runs over all kernels. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { isFinished } from "../../state/batch";
import { formatCount, formatDuration } from "../../state/format";
import { visible } from "../../state/unseen";
import type { BatchSummary, SidebarSession } from "../../state/wire.gen";
import type { KernelEntry } from "../model";

/** A batch that is not at its end, and where. */
export interface Active {
  readonly kernel: KernelEntry;
  readonly session: SidebarSession;
  readonly batch: BatchSummary;
}

/** The same batch wherever it is shown. */
export function batchKey({ project }: SidebarSession, batch: string): string {
  return `${project.key}/${batch}`;
}

/** Every batch that runs, waits or is paused: once, also where several sessions show it. */
export function activeBatches(kernels: readonly KernelEntry[]): Active[] {
  const found = new Map<string, Active>();
  for (const kernel of kernels) {
    if (kernel.state === "lost") continue;
    for (const session of kernel.sessions) {
      const { batch } = session;
      if (!batch || isFinished(batch)) continue;
      const key = batchKey(session, batch.id);
      if (!found.has(key)) found.set(key, { kernel, session, batch });
    }
  }
  return [...found.values()];
}

/** The batches that "the active one" may mean: those of the kernel in front, else all. */
export function meant(active: readonly Active[], front: string | null): readonly Active[] {
  const own = active.filter(({ kernel }) => kernel.id === front);
  return own.length ? own : active;
}

/** What tells batches apart for a person. */
export function describeBatch({ kernel, session, batch }: Active): string {
  const done = Math.floor(100 * session.progress);
  return visible(`${batch.generator}, ${formatCount(batch.total, "task")}, ${done} %, ${kernel.titles.join(", ")}`);
}

/** Texts of a choice, each different: a person may see two that are alike in everything. */
export function distinct(texts: readonly string[]): string[] {
  return texts.map((text, i) =>
    texts.indexOf(text) === i ? text : `${text} (${texts.slice(0, i + 1).filter((one) => one === text).length})`,
  );
}

/** From a minute on in whole minutes: a number that ticks in the corner of an eye is no help. */
function calmDuration(seconds: number): string {
  return seconds < 60 ? `${Math.max(1, Math.ceil(seconds))} s` : formatDuration(60 * Math.ceil(seconds / 60));
}

export interface Progress {
  /** "2 batches 43 % · 3 min" */
  text: string;
  /** The same in words. */
  spoken: string;
}

/** How far everything is that runs; null where nothing does. */
export function overallProgress(active: readonly Active[], trans: TranslationBundle): Progress | null {
  const going = active.filter(({ batch }) => batch.status !== "paused");
  if (!going.length) return null;
  const tasks = going.reduce((sum, { batch }) => sum + batch.total, 0);
  const done = going.reduce((sum, { session, batch }) => sum + session.progress * batch.total, 0);
  const percent = Math.floor((100 * done) / Math.max(1, tasks));
  const etas = going.map(({ batch }) => batch.eta_s);
  // The whole is done when the slowest is; where that of one is not known, that of all is not.
  const left = etas.includes(null) ? null : calmDuration(Math.max(...etas.map((eta) => eta ?? 0)));
  const count = trans._n("%1 batch", "%1 batches", going.length, going.length);
  return left === null
    ? { text: `${count} ${percent} %`, spoken: trans.__("%1 running, %2 % done", count, percent) }
    : {
        text: `${count} ${percent} % · ${left}`,
        spoken: trans.__("%1 running, %2 % done, about %3 left", count, percent, left),
      };
}
