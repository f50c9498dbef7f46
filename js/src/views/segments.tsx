/** One of a few, side by side. */

import type { TargetedKeyboardEvent } from "preact";
import { formatCount } from "../state/format";

interface SegmentsProps<T extends string> {
  label: string;
  /** `count` says how many there are of it. */
  options: readonly { value: T; label: string; count?: number }[];
  value: T;
  onChange: (value: T) => void;
}

/** A radio group: one tab stop, arrow keys choose. */
export function Segments<T extends string>({ label, options, value, onChange }: SegmentsProps<T>) {
  const move = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = (options.findIndex((option) => option.value === value) + by + options.length) % options.length;
    const next = options[at];
    if (!next) return;
    onChange(next.value);
    const button = event.currentTarget.children[at];
    if (button instanceof HTMLElement) button.focus();
  };
  return (
    <div class="bgw-segments" role="radiogroup" aria-label={label} onKeyDown={move}>
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: a native radio can't be drawn as a segment without a second element
        <button
          key={option.value}
          type="button"
          role="radio"
          class="bgw-segment"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.label}
          {option.count !== undefined && <span class="bgw-segment-count bgw-number"> {formatCount(option.count)}</span>}
        </button>
      ))}
    </div>
  );
}
