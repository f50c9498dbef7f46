/** Fills the form in from a media file: one that is chosen here, or dropped anywhere on the panel. */

import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { recall } from "../../parts";
import { IconButton } from "../controls";
import { Late } from "../late";
import type { ConfigStore } from "./store";

/** An arrow out of a tray. */
const FROM_FILE = "M8 10.4V2.8M4.8 5.8L8 2.6l3.2 3.2M2.8 10v3.2h10.4V10";

/** What makes an element a place to drop a file on; a field inside that takes files itself comes first. */
export function useFileDrop(take: (file: File) => void) {
  const over = useSignal(false);
  const holdsFile = (event: DragEvent) => !event.defaultPrevented && !!event.dataTransfer?.types.includes("Files");
  return {
    "data-drop": over.value || undefined,
    onDragOver: (event: DragEvent) => {
      over.value = holdsFile(event);
      if (over.value) event.preventDefault();
    },
    onDragLeave: (event: DragEvent) => {
      if (!(event.currentTarget as Element).contains(event.relatedTarget as Node | null)) over.value = false;
    },
    onDrop: (event: DragEvent) => {
      over.value = false;
      const file = holdsFile(event) && event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      take(file);
    },
  };
}

/** Chooses the file. */
export function FillIn({ file }: { file: Signal<File | null> }) {
  // Held while the browser's dialog is open.
  const input = useRef<HTMLInputElement | null>(null);
  const choose = () => {
    const made = document.createElement("input");
    made.type = "file";
    made.accept = "image/*,video/*,audio/*";
    made.onchange = () => {
      file.value = made.files?.[0] ?? null;
    };
    made.click();
    input.current = made;
  };
  return (
    <div class="bgw-fill-in">
      <IconButton icon={FROM_FILE} label="Fill in from a file…" onClick={choose} />
    </div>
  );
}

/** Shows what came of it. */
export function FilledIn({ store, file }: { store: ConfigStore; file: Signal<File | null> }) {
  const chosen = file.value;
  if (!chosen) return null;
  return (
    <Late part={recall} link={store.link} what="the recipe">
      {({ Recall }) => (
        <Recall
          store={store}
          file={chosen}
          onClose={() => {
            file.value = null;
          }}
        />
      )}
    </Late>
  );
}
