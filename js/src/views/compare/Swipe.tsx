/** Two pictures on top of each other, and a divider between them that moves. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { Icon } from "../icons";
import { DIVIDER } from "./icons";

const STEP = 2;
const LARGE_STEP = 10;

export function Swipe({ left, right }: { left: ComponentChildren; right: ComponentChildren }) {
  /** Where the divider is, in percent of the width. */
  const at = useSignal(50);
  const moveTo = (percent: number) => {
    at.value = Math.min(100, Math.max(0, percent));
  };
  const follow = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const area = event.currentTarget.parentElement;
    if (!area || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left: start, width } = area.getBoundingClientRect();
    moveTo((100 * (event.clientX - start)) / width);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const next = {
      ArrowLeft: at.peek() - step,
      ArrowDown: at.peek() - step,
      ArrowRight: at.peek() + step,
      ArrowUp: at.peek() + step,
      PageDown: at.peek() - LARGE_STEP,
      PageUp: at.peek() + LARGE_STEP,
      Home: 0,
      End: 100,
    }[event.key];
    if (next === undefined) return;
    moveTo(next);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="bgw-swipe">
      {left}
      <div class="bgw-swipe-over" style={{ clipPath: `inset(0 0 0 ${at.value}%)` }}>
        {right}
      </div>
      <div
        class="bgw-swipe-divider"
        role="slider"
        tabIndex={0}
        aria-label="Divider"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at.value)}
        aria-valuetext={`${Math.round(at.value)} % of the first, the rest of the second`}
        style={{ left: `${at.value}%` }}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={follow}
      >
        <span class="bgw-swipe-handle">
          <Icon name={DIVIDER} />
        </span>
      </div>
    </div>
  );
}
