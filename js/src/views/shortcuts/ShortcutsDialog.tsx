/** Every key of the gallery. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "../controls";
import { useUniqueId } from "../ids";

/** Keys that are pressed together are joined by "+"; a comma stands between ways to do the same. */
const GROUPS: readonly { title: string; keys: readonly [string, string][]; marks?: boolean }[] = [
  {
    title: "Choose",
    marks: true,
    keys: [
      ["F", "Favorite, or no mark again"],
      ["X", "Discard, or no mark again"],
      ["Delete", "Move to the trash"],
      ["U, Ctrl+Z", "Undo the last change"],
      ["R", "Review, one result at a time"],
    ],
  },
  {
    title: "Move",
    keys: [
      ["← ↑ ↓ →", "To the next result"],
      ["Home, End", "To the first or the last"],
      ["PageUp, PageDown", "By a page"],
      ["Space", "Open"],
    ],
  },
  {
    title: "Select",
    keys: [
      ["Enter, Ctrl+click", "Select or deselect"],
      ["Shift+arrows, Shift+click", "Select a range"],
      ["Ctrl+A", "Select all that is shown"],
      ["C", "Compare the selection"],
      ["Esc", "Deselect"],
    ],
  },
  {
    title: "Find",
    keys: [
      ["/", "Search"],
      ["?", "These shortcuts"],
    ],
  },
];

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);

function Keys({ keys }: { keys: string }) {
  return (
    <>
      {keys.split(", ").map((way, index) => (
        <span key={way}>
          {index > 0 && <span class="bgw-muted">or </span>}
          {way
            .replace("Ctrl", MAC ? "⌘" : "Ctrl")
            .split("+")
            .map((one) => (
              <kbd key={one}>{one}</kbd>
            ))}{" "}
        </span>
      ))}
    </>
  );
}

interface ShortcutsDialogProps {
  /** Whether nobody takes marks. */
  readOnly?: boolean;
  onClose: () => void;
}

export function ShortcutsDialog({ readOnly = false, onClose }: ShortcutsDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useUniqueId();
  useLayoutEffect(() => {
    ref.current?.showModal();
    ref.current?.focus();
  }, []);
  return (
    <dialog
      class="bgw-dialog bgw-shortcuts"
      ref={ref}
      tabIndex={-1}
      aria-labelledby={id}
      onClose={onClose}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "?") ref.current?.close();
      }}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      <div class="bgw-shortcuts-frame">
        <header class="bgw-shortcuts-head">
          <h3 class="bgw-title" id={id}>
            Keyboard shortcuts
          </h3>
          <IconButton icon="close" label="Close" onClick={() => ref.current?.close()} />
        </header>
        <div class="bgw-shortcuts-groups">
          {GROUPS.filter(({ marks }) => !(marks && readOnly)).map(({ title, keys }) => (
            <section key={title}>
              <h4 class="bgw-subtitle">{title}</h4>
              <dl>
                {keys.map(([key, what]) => (
                  <div key={key}>
                    <dt>
                      <Keys keys={key} />
                    </dt>
                    <dd>{what}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
        {!readOnly && (
          <p class="bgw-muted bgw-small">F, X and Delete act on the whole selection when the focus is in it.</p>
        )}
      </div>
    </dialog>
  );
}
