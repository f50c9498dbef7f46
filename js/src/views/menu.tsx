/** A button that opens a short menu. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { menu } from "../parts";
import type { KernelLink } from "../state/link";
import { Icon, type IconName } from "./icons";
import { useUniqueId } from "./ids";
import { Late } from "./late";

export interface MenuItem {
  label: string;
  hint?: string;
  onSelect: () => void;
}

interface MenuButtonProps {
  /** Who brings the menu; left out where parts come without a kernel. */
  link?: KernelLink;
  icon: IconName;
  items: readonly MenuItem[];
  /** The name of a button that shows only its icon. */
  label?: string;
  children?: ComponentChildren;
}

export function MenuButton({ link, icon, items, label, children }: MenuButtonProps) {
  const id = useUniqueId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** The item that the menu opens at; null when it is closed. */
  const start = useSignal<number | null>(null);
  const open = start.value !== null;
  const toggle = () => {
    start.value = open ? null : 0;
  };
  return (
    <div class="bgw-menu" ref={root}>
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
        onClick={toggle}
        onKeyDown={(event) => {
          const at = { ArrowDown: 0, ArrowUp: items.length - 1 }[event.key];
          if (at === undefined) return;
          event.preventDefault();
          start.value = at;
        }}
      >
        <Icon name={icon} />
        {children}
        {!label && <Icon name="chevron" />}
      </button>
      {open && (
        <Late part={menu} link={link ?? null} what="the menu">
          {({ MenuList }) => (
            <MenuList
              id={id}
              items={items}
              start={start.value ?? 0}
              root={root}
              onClose={(back) => {
                start.value = null;
                if (back) button.current?.focus();
              }}
            />
          )}
        </Late>
      )}
    </div>
  );
}
