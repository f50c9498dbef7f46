/** What a part draws, once the part is here; until then a calm word, and where it does not come the reason and a way to ask again. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { KernelLink } from "../state/link";
import type { Part, PartExports } from "../state/parts";
import { Button, IconButton, Notice } from "./controls";

/** What comes sooner needs no word. */
const CALM_MS = 150;
/** From here on a person is told, while the answer may still come. */
const PATIENCE_MS = 10_000;

interface LateProps<E extends object> {
  part: Part<E>;
  /** Whom to ask; null where parts come without a kernel. */
  link: KernelLink | null;
  /** What is on its way, as in "the details". */
  what: string;
  /** Draws a modal dialog: then waiting has the focus, too, and this is called when a person leaves it. */
  onClose?: () => void;
  /** The id of what is drawn, for the button that opened it. */
  id?: string;
  children: (exports: E) => ComponentChildren;
}

export function Late<E extends object>({ part, link, what, onClose, id, children }: LateProps<E>) {
  const ready = useSignal(part.ready);
  const problem = useSignal<string | null>(null);
  const calm = useSignal(true);
  const tries = useSignal(0);

  useLayoutEffect(() => {
    if (ready.peek()) return;
    let left = false;
    const patience = setTimeout(() => {
      problem.value = "The kernel does not answer yet.";
    }, PATIENCE_MS);
    const rest = setTimeout(() => {
      calm.value = false;
    }, CALM_MS);
    part
      .load(link, tries.peek() > 0)
      .then(
        (exports) => {
          if (!left) ready.value = exports;
        },
        (error: unknown) => {
          if (!left) problem.value = error instanceof Error ? error.message : String(error);
        },
      )
      .finally(() => clearTimeout(patience));
    return () => {
      left = true;
      clearTimeout(patience);
      clearTimeout(rest);
    };
  }, [part, link, tries.value]);

  if (ready.value) {
    const { css } = ready.value as PartExports;
    return (
      <>
        {css && <style>{css}</style>}
        {children(ready.value)}
      </>
    );
  }
  const words = problem.value ? (
    <Notice>
      Can’t open {what}: {problem.value}{" "}
      <Button
        icon="retry"
        onClick={() => {
          problem.value = null;
          tries.value += 1;
        }}
      >
        Try again
      </Button>
    </Notice>
  ) : (
    <span role="status">{!calm.value && `Loading ${what}…`}</span>
  );
  if (!onClose) {
    return (
      <div class="bgw-late" id={id}>
        {words}
      </div>
    );
  }
  return calm.value && !problem.value ? null : (
    <Frame what={what} onClose={onClose}>
      {words}
    </Frame>
  );
}

/** The dialog that waits for its contents. */
function Frame({ what, onClose, children }: { what: string; onClose: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => ref.current?.showModal(), []);
  return (
    <dialog
      class="bgw-dialog"
      ref={ref}
      aria-label={`Loading ${what}`}
      onClose={onClose}
      onKeyDown={(event: TargetedKeyboardEvent<HTMLDialogElement>) => event.stopPropagation()}
    >
      <div class="bgw-late">
        {children}
        <IconButton icon="close" label="Close" onClick={() => ref.current?.close()} />
      </div>
    </dialog>
  );
}
