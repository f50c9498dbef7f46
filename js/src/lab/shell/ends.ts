/** Which batches came to their end while this page looked on, and what to say of it. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { isFinished } from "../../state/batch";
import { shorten } from "../../state/describe";
import { formatCount, formatDuration } from "../../state/format";
import { visible } from "../../state/unseen";
import type { BatchSummary, SidebarSession } from "../../state/wire.gen";
import type { KernelEntry } from "../model";
import { batchKey } from "./running";

/** What a batch has at its end, from the session that shows it or from the history. */
export type EndedBatch = Pick<
  BatchSummary,
  "id" | "generator" | "status" | "total" | "counts" | "created_at" | "started_at" | "completed_at"
> & { failures?: BatchSummary["failures"] };

/** A batch, and where the page saw it. */
export interface Seen {
  readonly kernel: KernelEntry;
  readonly session: SidebarSession;
  readonly batch: EndedBatch;
}

interface Going extends Seen {
  /** What the session showed in its place when it was last asked for. */
  askedAt: string;
}

export class BatchEnds {
  readonly #going = new Map<string, Going>();
  /** When the ends that were told of were, by batch: other sessions show the same end, maybe later. */
  readonly #told = new Map<string, number | null>();

  /**
   * What is new: batches that ended, and batches that a session stopped showing before their end was seen, since the next of its queue
   * took their place. `end` says what became of such a one.
   */
  hear(kernels: readonly KernelEntry[]): { ended: Seen[]; replaced: Seen[] } {
    const ended: Seen[] = [];
    const shown = new Set<string>();
    const sessions = kernels.flatMap((kernel) => kernel.sessions.map((session) => ({ kernel, session })));
    for (const { kernel, session } of sessions) {
      if (!session.batch) continue;
      const { batch } = session;
      const key = batchKey(session, batch.id);
      shown.add(key);
      if (!isFinished(batch)) this.#going.set(key, { kernel, session, batch, askedAt: "" });
      else if (this.end({ kernel, session, batch })) ended.push({ kernel, session, batch });
    }
    const replaced = [...this.#going].flatMap(([key, going]) => {
      if (shown.has(key)) return [];
      const now = sessions.find(
        ({ kernel, session }) => kernel.id === going.kernel.id && session.id === going.session.id,
      );
      const instead = now?.session.batch;
      if (!instead) return [];
      const askedAt = `${instead.id} ${isFinished(instead)}`;
      if (askedAt === going.askedAt) return [];
      going.askedAt = askedAt;
      return [going];
    });
    return { ended, replaced };
  }

  /** Take note of an end. True when the page saw the batch run, and it is news. */
  end({ session, batch }: Seen): boolean {
    const key = batchKey(session, batch.id);
    if (!this.#going.delete(key) || this.#told.get(key) === batch.completed_at) return false;
    this.#told.set(key, batch.completed_at);
    return true;
  }
}

/** What to say of an end, and how bad it is; null for a batch that a person cancelled, and knows. */
export function describeEnd(
  batch: EndedBatch,
  trans: TranslationBundle,
): { type: "success" | "warning" | "error"; message: string } | null {
  const { counts, total, status, started_at, completed_at, failures } = batch;
  if (status === "cancelled") return null;
  const name = shorten(visible(batch.generator));
  const tasks = formatCount(total, "task");
  const cause = failures?.[0] ? ` ${shorten(visible(failures[0].error))}` : "";
  if (status === "interrupted") {
    return { type: "error", message: trans.__("%1: interrupted after %2 of %3.", name, counts.completed, tasks) };
  }
  if (!counts.failed) {
    const took = started_at !== null && completed_at !== null ? formatDuration(completed_at - started_at) : null;
    const message = took ? trans.__("%1: %2 done in %3.", name, tasks, took) : trans.__("%1: %2 done.", name, tasks);
    return { type: "success", message };
  }
  if (!counts.completed)
    return { type: "error", message: trans.__("%1: %2 failed.%3", name, formatCount(counts.failed, "task"), cause) };
  return {
    type: "warning",
    message: trans.__("%1: %2 of %3 done, %4 failed.%5", name, counts.completed, tasks, counts.failed, cause),
  };
}
