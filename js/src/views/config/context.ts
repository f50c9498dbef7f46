/** What every part of the panel reaches for. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ConfigStore } from "./store";

const StoreContext = createContext<{ store: ConfigStore; planId: string } | null>(null);
export const StoreProvider = StoreContext.Provider;

function usePanel() {
  const found = useContext(StoreContext);
  if (!found) throw new Error("a part of the config panel stands outside of it");
  return found;
}

export function useStore(): ConfigStore {
  return usePanel().store;
}

/** The id of the plan's message about one of these fields, where the plan is impossible because of it. */
export function usePlanProblem(fields: string[]): string | undefined {
  const { store, planId } = usePanel();
  const at = store.planProblems.value.findIndex(({ field }) => field !== null && fields.includes(field));
  return at < 0 ? undefined : problemId(planId, at);
}

export function problemId(planId: string, at: number): string {
  return `${planId}-problem-${at}`;
}
