/** Ids for labels and descriptions. */

import { useState } from "preact/hooks";

// Preact's own useId counts from zero in every root, and a page may hold many widgets, each with its own copy of this module.
const COPY = Math.random().toString(36).slice(2, 8);
let count = 0;

/** An id that no other element of the page has, whatever else is on it. */
export function useUniqueId(): string {
  const [id] = useState(() => {
    count += 1;
    return `bgw-${COPY}-${count}`;
  });
  return id;
}
