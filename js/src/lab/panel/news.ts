/** What the panel tells a screen reader: how batches begin, pause and end, of all sessions in one voice. */

import { Announcer } from "../../state/announcer";
import { isFinished } from "../../state/batch";
import type { BatchSummary, SidebarSession } from "../../state/wire.gen";
import type { KernelEntry } from "../model";

interface Heard {
  announcer: Announcer;
  batch: BatchSummary | null;
}

export class News {
  readonly #sessions = new Map<string, Heard>();
  readonly #lost = new Set<string>();

  /** The text to speak now, or null. The quarters of a batch are left to its progress display. */
  hear(kernels: readonly KernelEntry[], now: number): string | null {
    const texts: string[] = [];
    const here = new Set<string>();
    for (const kernel of kernels) {
      here.add(kernel.id);
      if (kernel.state !== "lost") this.#lost.delete(kernel.id);
      else if (!this.#lost.has(kernel.id)) {
        this.#lost.add(kernel.id);
        texts.push(`The kernel of ${kernel.titles.join(", ")} does not answer.`);
      }
      for (const session of kernel.sessions) {
        const key = `${kernel.id} ${session.id}`;
        here.add(key);
        const text = this.#hearSession(key, session, now);
        if (text) texts.push(`${session.generator}: ${text}`);
      }
    }
    for (const held of [this.#sessions, this.#lost]) {
      for (const key of held.keys()) if (!here.has(key)) held.delete(key);
    }
    return texts.length ? texts.join(" ") : null;
  }

  #hearSession(key: string, { batch }: SidebarSession, now: number): string | null {
    const known = this.#sessions.get(key);
    const heard = known ?? { announcer: new Announcer(), batch: null };
    const before = heard.batch;
    this.#sessions.set(key, heard);
    heard.batch = batch;
    if (known && before?.id === batch?.id && before?.status === batch?.status) return null;
    const { text } = heard.announcer.hear(batch, now);
    if (!known || !batch) return null;
    if (before?.id === batch.id && isFinished(before) && !isFinished(batch)) return "The batch goes on.";
    const canResume = isFinished(batch) && batch.counts.cancelled + batch.counts.interrupted > 0;
    return text && canResume ? `${text} It can be resumed.` : text;
  }
}
