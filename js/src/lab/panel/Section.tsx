/** One of the panel's sections, which folds under its heading. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useUniqueId } from "../../views/ids";
import { Chevron } from "./Chevron";

interface SectionProps {
  title: string;
  /** Buttons beside the heading. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, aside, children }: SectionProps) {
  const id = useUniqueId();
  const open = useSignal(true);
  return (
    <div class="bgw-lab-section">
      <div class="bgw-lab-section-head">
        <h2>
          <button
            type="button"
            class="bgw-lab-fold"
            aria-expanded={open.value}
            aria-controls={id}
            onClick={() => {
              open.value = !open.peek();
            }}
          >
            <Chevron />
            {title}
          </button>
        </h2>
        <span class="bgw-spread" />
        {aside}
      </div>
      <div class="bgw-lab-section-body" id={id} hidden={!open.value}>
        {open.value && children}
      </div>
    </div>
  );
}
