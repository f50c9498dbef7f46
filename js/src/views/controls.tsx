/** The controls that every view shares. */

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons";
import { useUniqueId } from "./ids";

interface ButtonProps {
  children: ComponentChildren;
  onClick: () => void;
  icon?: IconName;
  kind?: "primary" | "danger" | "quiet" | "plain";
  disabled?: boolean;
  class?: string;
  /** Greyed and inert, yet focusable: for an action that can't run now and says why in `describedBy`. */
  unavailable?: boolean;
  describedBy?: string | undefined;
  /** Whether what the button opens is open, and the id of that. */
  expanded?: boolean | undefined;
  controls?: string | undefined;
}

export function Button({
  children,
  onClick,
  icon,
  kind = "plain",
  disabled,
  unavailable,
  describedBy,
  expanded,
  controls,
  class: extra = "",
}: ButtonProps) {
  return (
    <button
      type="button"
      class={`bgw-button bgw-${kind} ${extra}`}
      disabled={disabled}
      aria-disabled={unavailable ? "true" : undefined}
      aria-describedby={describedBy}
      aria-expanded={expanded}
      aria-controls={controls}
      onClick={() => {
        if (!unavailable) onClick();
      }}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  label: string;
  icon: IconName;
  onClick: (event: MouseEvent) => void;
  filled?: boolean;
  pressed?: boolean | undefined;
  disabled?: boolean;
  class?: string;
  /** Greyed and inert, yet focusable, so that focus stays where it is when an action runs out. */
  unavailable?: boolean;
  /** Whether what the button opens is open, and the id of that. */
  expanded?: boolean | undefined;
  controls?: string | undefined;
  tabIndex?: number | undefined;
  /** Which of its row's controls it is. */
  part?: string;
}

/** A button that shows only an icon; `label` is its name and its tooltip. */
export function IconButton({
  label,
  icon,
  onClick,
  filled = false,
  pressed,
  disabled,
  unavailable,
  expanded,
  controls,
  tabIndex,
  part,
  class: extra = "",
}: IconButtonProps) {
  return (
    <button
      type="button"
      class={`bgw-icon-button ${extra}`}
      data-part={part}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-controls={controls}
      aria-disabled={unavailable ? "true" : undefined}
      tabIndex={tabIndex}
      disabled={disabled}
      onClick={(event) => {
        if (!unavailable) onClick(event);
      }}
    >
      <Icon name={icon} filled={filled} />
    </button>
  );
}

interface SwitchProps {
  label: ComponentChildren;
  /** The accessible name where the visible label alone would not tell two switches apart. */
  name?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  id?: string;
  describedBy?: string | undefined;
}

export function Switch({ label, name, checked, onChange, disabled, id, describedBy }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      id={id}
      aria-describedby={describedBy}
      class="bgw-switch"
      aria-checked={checked}
      aria-label={name}
      disabled={disabled}
      onClick={() => onChange(!checked)}
    >
      <span class="bgw-switch-track" />
      <span>{label}</span>
    </button>
  );
}

interface FieldProps {
  label: string;
  hint?: string | null | undefined;
  problem?: string | null | undefined;
  /** Draws the control; the ids tie it to its label, hint and problem. */
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ComponentChildren;
  /** Sits at the right end of the label's line. */
  aside?: ComponentChildren;
}

/** A labelled control with its hint and, when the value is not allowed, the reason. */
export function Field({ label, hint, problem, children, aside }: FieldProps) {
  const id = useUniqueId();
  const describedBy = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ") || undefined;
  return (
    <div class="bgw-field">
      <div class="bgw-field-head">
        <label class="bgw-label" for={id}>
          {label}
        </label>
        {aside}
      </div>
      {children({ id, describedBy, invalid: Boolean(problem) })}
      {hint && (
        <span class="bgw-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {problem && <Problem id={`${id}-problem`}>{problem}</Problem>}
    </div>
  );
}

export function Problem({ id, children }: { id?: string; children: ComponentChildren }) {
  return (
    <span class="bgw-problem" id={id}>
      <Icon name="alert" />
      <span>{children}</span>
    </span>
  );
}

/** What a view shows when there is nothing yet, and what to do about it. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="bgw-empty">
      <Icon name={icon} />
      <span class="bgw-subtitle">{title}</span>
      {children && <span class="bgw-small">{children}</span>}
    </div>
  );
}

/** Something went wrong that the person should know; announced once. */
export function Notice({ children, onClose }: { children: ComponentChildren; onClose?: () => void }) {
  return (
    <div class="bgw-notice" role="alert">
      <Icon name="alert" />
      <span class="bgw-spread">{children}</span>
      {onClose && <IconButton label="Dismiss" icon="close" onClick={onClose} />}
    </div>
  );
}
