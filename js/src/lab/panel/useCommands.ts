import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { SidebarRequests } from "../../state/wire.gen";
import type { BatchesModel } from "../model";

export type Command = keyof SidebarRequests;

export interface Commands {
  /** Those that are on their way. */
  sent: ReadonlySignal<ReadonlySet<Command>>;
  /** Why the last one was refused, in words; null when it was not. */
  problem: ReadonlySignal<string | null>;
  dismiss: () => void;
  send: <M extends Command>(method: M, params: SidebarRequests[M]["params"]) => void;
}

/** What can be asked of a session, each thing once at a time. */
export function useCommands(model: BatchesModel, kernel: string): Commands {
  const sent = useSignal<ReadonlySet<Command>>(new Set());
  const problem = useSignal<string | null>(null);
  const ask = async <M extends Command>(method: M, params: SidebarRequests[M]["params"]) => {
    if (sent.peek().has(method)) return;
    sent.value = new Set(sent.peek()).add(method);
    try {
      await model.command(kernel, method, params);
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    } finally {
      const left = new Set(sent.peek());
      left.delete(method);
      sent.value = left;
    }
  };
  return {
    sent,
    problem,
    dismiss: () => {
      problem.value = null;
    },
    send: (method, params) => void ask(method, params),
  };
}
