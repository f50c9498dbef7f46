import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { KernelLink, Method } from "../state/link";
import type { Requests } from "../state/wire.gen";

interface Actions {
  /** Why the last action failed, in words; null when it did not. */
  problem: ReadonlySignal<string | null>;
  dismiss: () => void;
  /** Run an action and say so when it fails. */
  attempt: (action: () => Promise<unknown>) => Promise<boolean>;
  /** Send a request whose result is of no interest. */
  send: <M extends Method>(method: M, params: Requests[M]["params"]) => void;
}

/** The actions of a view, with one place for what goes wrong. */
export function useActions(link: KernelLink): Actions {
  const problem = useSignal<string | null>(null);
  const attempt = async (action: () => Promise<unknown>) => {
    try {
      await action();
      problem.value = null;
      return true;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
      return false;
    }
  };
  return {
    problem,
    dismiss: () => {
      problem.value = null;
    },
    attempt,
    send: (method, params) => void attempt(() => link.request(method, params)),
  };
}
