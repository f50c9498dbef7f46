/** Moving a row of a list by its handle: dragged, with the keyboard, or by pressing the handle of the row whose place it shall have. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedMouseEvent, TargetedPointerEvent } from "preact";
import type { ScrollArea } from "../scrolling";

/** A row that is being moved, and the place that it would have now. */
export interface Lift {
  from: number;
  to: number;
  dragged: boolean;
}

interface Owner {
  /** How many rows there are. */
  total: () => number;
  /** A row was lifted, moved while lifted, or put back; for people who can't see it. */
  onLift: (lift: Lift) => void;
  onAim: (lift: Lift) => void;
  onCancel: (lift: Lift) => void;
  onDrop: (from: number, to: number) => void;
}

type Grip = HTMLButtonElement;

/** A press becomes a drag once the pointer has moved this far. */
const DRAG_AFTER = 4;
/** This near to an edge, a drag scrolls: the nearer the faster. */
const EDGE = 40;
const FASTEST = 18;

export class Reorder {
  /** The list whose rows move; it may say anew at any time what it does about it. */
  owner: Owner | null = null;
  readonly #area: ScrollArea;
  readonly #rowHeight: number;
  readonly #lift = signal<Lift | null>(null);
  #pressed: { position: number; y: number; start: number } | null = null;
  #wasDragged = false;
  #frame: number | undefined;

  constructor(area: ScrollArea, rowHeight: number) {
    this.#area = area;
    this.#rowHeight = rowHeight;
  }

  get #last(): number {
    return (this.owner?.total() ?? 0) - 1;
  }

  get lift(): ReadonlySignal<Lift | null> {
    return this.#lift;
  }

  /** What the handle of a row listens to. */
  grip(position: number) {
    return {
      onPointerDown: (event: TargetedPointerEvent<Grip>) => this.#press(event, position),
      onPointerMove: (event: TargetedPointerEvent<Grip>) => this.#drag(event),
      onPointerUp: () => this.#release(),
      onLostPointerCapture: () => {
        if (this.#lift.peek()?.dragged) this.cancel();
        this.#pressed = null;
      },
      onClick: (event: TargetedMouseEvent<Grip>) => this.#click(event, position),
      onKeyDown: (event: TargetedKeyboardEvent<Grip>) => this.#key(event, position),
      onBlur: () =>
        queueMicrotask(() => {
          // Another handle may be pressed next, to say where the row shall go.
          if (this.#lift.peek()?.dragged || this.#area.ref.current?.querySelector(".bgw-grip:focus")) return;
          this.cancel();
        }),
    };
  }

  cancel(): void {
    const lift = this.#lift.peek();
    if (!lift) return;
    this.#end();
    this.owner?.onCancel(lift);
  }

  close(): void {
    this.#end();
  }

  #end(): void {
    this.#lift.value = null;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #aim(to: number): void {
    const lift = this.#lift.peek();
    const place = Math.max(0, Math.min(this.#last, to));
    if (!lift || lift.to === place) return;
    const next = { ...lift, to: place };
    this.#lift.value = next;
    this.owner?.onAim(next);
  }

  #drop(): void {
    const lift = this.#lift.peek();
    if (!lift) return;
    if (lift.from === lift.to) {
      this.cancel();
      return;
    }
    this.#end();
    this.owner?.onDrop(lift.from, lift.to);
  }

  #press(event: TargetedPointerEvent<Grip>, position: number): void {
    this.#wasDragged = false;
    if (event.button !== 0) return;
    // Safari does not focus buttons that are pressed; the keys of a drag come here.
    event.currentTarget.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    this.#pressed = { position, y: event.clientY, start: event.clientY };
  }

  #drag(event: TargetedPointerEvent<Grip>): void {
    const pressed = this.#pressed;
    if (!pressed) return;
    pressed.y = event.clientY;
    if (!this.#wasDragged) {
      if (Math.abs(pressed.y - pressed.start) < DRAG_AFTER) return;
      this.#wasDragged = true;
      this.#lift.value = { from: pressed.position, to: pressed.position, dragged: true };
      this.#scroll();
    }
    if (this.#lift.peek()?.dragged) this.#aimAtPointer(pressed.y);
  }

  #release(): void {
    this.#pressed = null;
    if (this.#lift.peek()?.dragged) this.#drop();
  }

  #aimAtPointer(y: number): void {
    const lift = this.#lift.peek();
    const element = this.#area.ref.current;
    if (!lift || !element) return;
    const { top, bottom } = element.getBoundingClientRect();
    const inside = Math.max(top, Math.min(bottom, y)) - top;
    const gap = Math.round((inside + this.#area.top.peek()) / this.#rowHeight);
    this.#aim(gap > lift.from ? gap - 1 : gap);
  }

  /** In each frame of a drag near an edge. */
  #scroll(): void {
    this.#frame = requestAnimationFrame(() => {
      const element = this.#area.ref.current;
      const y = this.#pressed?.y;
      if (!element || y === undefined || !this.#lift.peek()) return;
      const { top, bottom } = element.getBoundingClientRect();
      const over = Math.max(0, y - (bottom - EDGE)) - Math.max(0, top + EDGE - y);
      if (over) {
        const by = Math.max(-FASTEST, Math.min(FASTEST, (over / EDGE) * FASTEST));
        this.#area.scrollTo(this.#area.top.peek() + by);
        this.#aimAtPointer(y);
      }
      this.#scroll();
    });
  }

  #click(event: TargetedMouseEvent<Grip>, position: number): void {
    if (this.#wasDragged && event.detail) return;
    const lift = this.#lift.peek();
    if (!lift) {
      const lifted = { from: position, to: position, dragged: false };
      this.#lift.value = lifted;
      this.owner?.onLift(lifted);
      return;
    }
    if (position !== lift.from) this.#aim(position);
    this.#drop();
  }

  #key(event: TargetedKeyboardEvent<Grip>, position: number): void {
    const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    const lift = this.#lift.peek();
    if (!lift && by && event.altKey) {
      event.preventDefault();
      const to = position + by;
      if (to >= 0 && to <= this.#last) this.owner?.onDrop(position, to);
    } else if (lift && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.cancel();
    } else if (lift && !lift.dragged) {
      const to = by ? lift.to + by : { Home: 0, End: this.#last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.#aim(to);
    }
  }
}
