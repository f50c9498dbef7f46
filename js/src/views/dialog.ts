/** A modal dialog of the browser: open for as long as it is drawn, with the focus inside. */

import type { TargetedKeyboardEvent, TargetedMouseEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Gives what the `<dialog>` takes, and how to close it; a press beside it and Escape close it, too. */
export function useDialog(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    ref.current?.showModal();
    ref.current?.focus();
  }, []);
  const close = () => ref.current?.close();
  const props = {
    ref,
    tabIndex: -1,
    onClose,
    // The page behind, and JupyterLab's shortcuts, have no part in this; Escape is the browser's.
    onKeyDown: (event: TargetedKeyboardEvent<HTMLDialogElement>) => event.stopPropagation(),
    onClick: (event: TargetedMouseEvent<HTMLDialogElement>) => {
      if (event.target === ref.current) close();
    },
  };
  return { ref, close, props };
}
