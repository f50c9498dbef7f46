/** Text that is being typed: checked at each key, committed when it is a value, never replaced from outside meanwhile. */

import { useState } from "preact/hooks";
import type { Parsed } from "./parse";

interface Binding {
  value: string;
  onInput: (event: { currentTarget: { value: string } }) => void;
  onBlur: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

export interface Drafts<K extends string> {
  texts: Record<K, string>;
  problem: { problem: string; at: K } | null;
  bind: (key: K) => Binding;
  /** Set one text as if it had been typed. */
  type: (key: K, text: string) => void;
  /** Forget what was typed. */
  reset: () => void;
}

export function useDrafts<K extends string, T>(
  committed: Record<K, string>,
  parse: (texts: Record<K, string>) => Parsed<T, K>,
  commit: (value: T) => void,
  settle: () => void,
): Drafts<K> {
  const [typed, setTyped] = useState<Partial<Record<K, string>>>({});
  const touched = Object.keys(typed).length > 0;
  const texts = { ...committed, ...typed };
  const parsed = touched ? parse(texts) : null;
  const problem = parsed && "problem" in parsed ? parsed : null;
  const type = (key: K, text: string) => {
    const next = { ...typed, [key]: text };
    setTyped(next);
    const result = parse({ ...committed, ...next });
    if (!("problem" in result)) commit(result.value);
  };
  const leave = () => {
    if (touched && !problem) setTyped({});
    settle();
  };
  return {
    texts,
    problem,
    type,
    reset: () => setTyped({}),
    bind: (key) => ({
      value: texts[key],
      onInput: (event) => type(key, event.currentTarget.value),
      onBlur: leave,
      onKeyDown: (event) => {
        if (event.key === "Enter") leave();
      },
    }),
  };
}
