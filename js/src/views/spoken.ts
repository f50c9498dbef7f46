/** What a screen reader is told. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

interface Spoken {
  /** For an element with `aria-live`. */
  said: ReadonlySignal<string>;
  /** Say a text once nothing else was to be said for `rest` milliseconds. */
  say: (text: string, rest?: number) => void;
}

export function useSpoken(): Spoken {
  const said = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    said,
    say(text, rest = 0) {
      clearTimeout(timer.current);
      if (!rest) said.value = text;
      else {
        timer.current = setTimeout(() => {
          said.value = text;
        }, rest);
      }
    },
  };
}
