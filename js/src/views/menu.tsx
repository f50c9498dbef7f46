/** A button that opens a short menu. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons";
import { useUniqueId } from "./ids";

export interface MenuItem {
  label: string;
  hint?: string;
  onSelect: () => void;
}

interface MenuButtonProps {
  icon: IconName;
  items: readonly MenuItem[];
  /** The name of a button that shows only its icon. */
  label?: string;
  children?: ComponentChildren;
}

/** Arrow keys, Home and End move in the menu; Escape, Tab and a press outside close it. */
export function MenuButton({ icon, items, label, children }: MenuButtonProps) {
  const id = useUniqueId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** The item that has the focus; null when the menu is closed. */
  const at = useSignal<number | null>(null);
  const open = at.value !== null;

  useLayoutEffect(() => {
    if (at.value !== null) document.getElementById(`${id}-${at.value}`)?.focus();
  }, [at.value]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (root.current && !event.composedPath().includes(root.current)) at.value = null;
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open]);

  const close = () => {
    at.value = null;
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = items.length - 1;
    const now = at.peek();
    const next = {
      ArrowDown: now === null || now === last ? 0 : now + 1,
      ArrowUp: now === null || now === 0 ? last : now - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined && (now !== null || event.key.startsWith("Arrow"))) {
      event.preventDefault();
      at.value = next;
    } else if (now !== null && event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (now !== null && event.key === "Tab") close();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the button and of the menu's items
    <div class="bgw-menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        id={id}
        ref={button}
        class={label ? "bgw-icon-button" : "bgw-button"}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? `${id}-menu` : undefined}
        onClick={() => {
          at.value = open ? null : 0;
        }}
      >
        <Icon name={icon} />
        {children}
        {!label && <Icon name="chevron" />}
      </button>
      {open && (
        <div class="bgw-menu-list" role="menu" id={`${id}-menu`} aria-labelledby={id}>
          {items.map(({ label: name, hint, onSelect }, index) => (
            <button
              key={name}
              type="button"
              role="menuitem"
              class="bgw-menu-item"
              id={`${id}-${index}`}
              tabIndex={-1}
              onClick={() => {
                close();
                onSelect();
              }}
            >
              <span>{name}</span> {hint && <span class="bgw-hint">{hint}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
