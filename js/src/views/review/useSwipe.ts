/** A swipe by touch or pen to the left or to the right. */

import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { TargetedPointerEvent } from "preact";
import { useRef } from "preact/hooks";

/** How far a finger goes before it counts. */
const FAR_PX = 72;
/** Below this it may still be a tap, or a scroll. */
const SLACK_PX = 8;

interface Swipe {
  /** How far the finger is, in pixels; 0 while there is none. */
  by: ReadonlySignal<number>;
  handlers: {
    onPointerDown: (event: TargetedPointerEvent<HTMLElement>) => void;
    onPointerMove: (event: TargetedPointerEvent<HTMLElement>) => void;
    onPointerUp: (event: TargetedPointerEvent<HTMLElement>) => void;
    onPointerCancel: () => void;
  };
}

/** Whether a swipe of so many pixels would count, and to which side. */
export function sideOf(by: number): "left" | "right" | null {
  if (Math.abs(by) < FAR_PX) return null;
  return by < 0 ? "left" : "right";
}

export function useSwipe(onSwipe: (side: "left" | "right") => void): Swipe {
  const by = useSignal(0);
  const start = useRef<{ id: number; x: number } | null>(null);
  const end = () => {
    start.current = null;
    by.value = 0;
  };
  return {
    by,
    handlers: {
      onPointerDown(event) {
        // A player's own controls keep their gestures.
        const ours = event.isPrimary && event.pointerType !== "mouse" && !(event.target instanceof HTMLAudioElement);
        if (ours) start.current = { id: event.pointerId, x: event.clientX };
      },
      onPointerMove(event) {
        if (start.current?.id !== event.pointerId) return;
        const moved = event.clientX - start.current.x;
        if (by.peek() === 0 && Math.abs(moved) < SLACK_PX) return;
        if (by.peek() === 0) event.currentTarget.setPointerCapture(event.pointerId);
        by.value = moved;
      },
      onPointerUp(event) {
        if (start.current?.id !== event.pointerId) return;
        const side = sideOf(by.peek());
        end();
        if (side) onSwipe(side);
      },
      onPointerCancel: end,
    },
  };
}
