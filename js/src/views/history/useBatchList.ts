import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import { BatchList, type HistoryFilter } from "./list";

/** Nobody waits for the answer to half a word. */
const TYPING_MS = 250;

interface ShownList {
  /** Null before the first rows are here. */
  list: BatchList | null;
  problem: string | null;
  retry: () => void;
}

/** The list of the filter that was set last; until its first rows are here, the one before stays on show. */
export function useBatchList(link: KernelLink, filter: HistoryFilter): ShownList {
  const shown = useSignal<BatchList | null>(null);
  const next = useRef<BatchList | null>(null);
  const started = useSignal(0);
  const text = useRef(filter.text);
  useEffect(() => {
    const typing = text.current !== filter.text;
    text.current = filter.text;
    const timer = setTimeout(
      () => {
        if (next.current !== shown.peek()) next.current?.close();
        next.current = new BatchList(link, filter);
        started.value += 1;
      },
      typing ? TYPING_MS : 0,
    );
    return () => clearTimeout(timer);
  }, [link, filter]);
  const coming = started.value > 0 ? next.current : null;
  if (coming?.page.value && shown.peek() !== coming) {
    shown.peek()?.close();
    shown.value = coming;
  }
  useEffect(
    () => () => {
      shown.peek()?.close();
      next.current?.close();
    },
    [],
  );
  return { list: shown.value, problem: coming?.problem.value ?? null, retry: () => coming?.retry() };
}
