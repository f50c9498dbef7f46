/** Copies what Generate would run as Python. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { code } from "../../parts";
import { Button } from "../controls";
import { Late } from "../late";
import type { ConfigStore } from "./store";

export function CodeButton({ store }: { store: ConfigStore }) {
  const root = useRef<HTMLSpanElement>(null);
  const open = useSignal(false);
  const close = () => {
    open.value = false;
    root.current?.querySelector("button")?.focus();
  };
  return (
    <span class="bgw-code-button" ref={root}>
      <Button
        kind="quiet"
        onClick={() => {
          open.value = true;
        }}
      >
        Copy as code
      </Button>
      {open.value && (
        <Late part={code} link={store.link} what="the code" onClose={close}>
          {({ CopyCode }) => <CopyCode store={store} onClose={close} />}
        </Late>
      )}
    </span>
  );
}
