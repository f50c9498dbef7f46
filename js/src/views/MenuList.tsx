/** The items of a menu that is open. */

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { MenuItem } from "./menu";

interface MenuListProps {
  /** The id of the button that opened it. */
  id: string;
  items: readonly MenuItem[];
  /** The item that has the focus first. */
  start: number;
  /** What holds the button and the menu. */
  root: RefObject<HTMLElement | null>;
  /** `back` says whether the focus belongs to the button now. */
  onClose: (back: boolean) => void;
}

/** Arrow keys, Home and End move in the menu; Escape, Tab and a press outside close it. */
export function MenuList({ id, items, start, root, onClose }: MenuListProps) {
  const at = useSignal(start);
  useLayoutEffect(() => document.getElementById(`${id}-${at.value}`)?.focus(), [at.value]);
  useEffect(() => {
    const outside = (event: Event) => {
      if (root.current && !event.composedPath().includes(root.current)) onClose(false);
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const last = items.length - 1;
    const now = at.peek();
    const next = {
      ArrowDown: now === last ? 0 : now + 1,
      ArrowUp: now === 0 ? last : now - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      at.value = next;
    } else if (event.key === "Escape") {
      event.stopPropagation();
      onClose(true);
    } else if (event.key === "Tab") onClose(true);
  };
  return (
    <div class="bgw-menu-list" role="menu" id={`${id}-menu`} aria-labelledby={id} onKeyDown={onKeyDown}>
      {items.map(({ label: name, hint, onSelect }, index) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          class="bgw-menu-item"
          id={`${id}-${index}`}
          tabIndex={-1}
          onClick={() => {
            onClose(true);
            onSelect();
          }}
        >
          <span>{name}</span> {hint && <span class="bgw-hint">{hint}</span>}
        </button>
      ))}
    </div>
  );
}
