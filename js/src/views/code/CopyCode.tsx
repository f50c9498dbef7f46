/** The settings as Python: copied at once, and shown to be copied by hand where the page may not use the clipboard. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ConfigStore } from "../config/store";
import { Button, IconButton } from "../controls";
import { useUniqueId } from "../ids";

interface CopyCodeProps {
  store: ConfigStore;
  onClose: () => void;
}

export function CopyCode({ store, onClose }: CopyCodeProps) {
  const code = useSignal<string | null>(null);
  useEffect(() => {
    let left = false;
    const end = (said: string, bad = false) => {
      if (left) return;
      store.say(said, bad);
      onClose();
    };
    const copy = async () => {
      // What is still being typed is meant as well.
      if (!(await store.flush())) return end("Not copied. Some settings are not valid yet.", true);
      const { result } = await store.link.request("code.get", {});
      try {
        await navigator.clipboard.writeText(result.code);
      } catch {
        if (!left) code.value = result.code;
        return;
      }
      end("Copied. Paste it into a cell or a script.");
    };
    copy().catch((error: unknown) => end(`Not copied: ${error instanceof Error ? error.message : error}`, true));
    return () => {
      left = true;
    };
  }, [store]);
  return code.value === null ? null : <CodeDialog code={code.value} onClose={onClose} />;
}

function CodeDialog({ code, onClose }: { code: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const titleId = useUniqueId();
  const said = useSignal("");
  useLayoutEffect(() => {
    dialog.current?.showModal();
    select();
  }, []);

  const select = () => {
    field.current?.focus();
    field.current?.select();
  };
  const copy = () => {
    select();
    said.value = document.execCommand("copy") ? "Copied." : "Not allowed here. Press Ctrl+C, or ⌘C on a Mac.";
  };
  const close = () => dialog.current?.close();
  return (
    <dialog
      class="bgw-dialog bgw-code"
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      // The page behind, and JupyterLab's shortcuts, have no part in this; Escape is the browser's.
      onKeyDown={(event: TargetedKeyboardEvent<HTMLDialogElement>) => event.stopPropagation()}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div class="bgw-code-frame">
        <header class="bgw-code-head">
          <h3 class="bgw-title" id={titleId}>
            These settings as code
          </h3>
          <span class="bgw-spread" />
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        <textarea
          class="bgw-code-text"
          ref={field}
          aria-labelledby={titleId}
          readOnly
          spellcheck={false}
          wrap="off"
          value={code}
        />
        <footer class="bgw-code-foot">
          <span class="bgw-small bgw-muted bgw-spread" role="status">
            {said.value || "The browser keeps this page from the clipboard."}
          </span>
          <Button kind="primary" onClick={copy}>
            Copy
          </Button>
        </footer>
      </div>
    </dialog>
  );
}
