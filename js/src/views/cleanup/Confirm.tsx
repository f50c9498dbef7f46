/** A button that asks once more: the second step has to be another button, or a double click would do it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../controls";
import type { IconName } from "../icons";

interface ConfirmProps {
  children: ComponentChildren;
  icon: IconName;
  /** What is asked, and the words of the button that does it. */
  question: string;
  yes: string;
  busy: boolean;
  onConfirm: () => void;
}

export function Confirm({ children, icon, question, yes, busy, onConfirm }: ConfirmProps) {
  const ref = useRef<HTMLDivElement>(null);
  const asked = useSignal<boolean | null>(null);
  useLayoutEffect(() => {
    if (asked.value !== null) ref.current?.querySelector<HTMLElement>("button:last-of-type")?.focus();
  }, [asked.value]);
  const back = () => {
    asked.value = false;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div
      class="bgw-cleanup-confirm"
      role="group"
      aria-label={question}
      ref={ref}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !asked.peek()) return;
        event.preventDefault();
        event.stopPropagation();
        back();
      }}
    >
      {asked.value ? (
        <>
          <span>{question}</span>
          <Button
            key="yes"
            kind="danger"
            unavailable={busy}
            onClick={() => {
              asked.value = null;
              onConfirm();
            }}
          >
            {yes}
          </Button>
          <Button key="no" onClick={back}>
            Cancel
          </Button>
        </>
      ) : (
        <Button
          key="ask"
          icon={icon}
          unavailable={busy}
          onClick={() => {
            asked.value = true;
          }}
        >
          {children}
        </Button>
      )}
    </div>
  );
}
