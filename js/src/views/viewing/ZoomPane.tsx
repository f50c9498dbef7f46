/** A pane with a picture that can be magnified and moved: by wheel, by one pointer or two, by double click. */

import { effect } from "@preact/signals";
import type { ComponentChildren, TargetedPointerEvent, TargetedWheelEvent } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Geometry, place, type Zoom } from "./zoom";

interface ZoomPaneProps {
  zoom: Zoom;
  /** The size of the picture in its own pixels. */
  width: number;
  height: number;
  limit?: number;
  /** Whether percentages and steps are about this pane. */
  main: boolean;
  /** A press that did not move. */
  onPress?: (() => void) | undefined;
  class?: string;
  children: ComponentChildren;
}

interface Point {
  x: number;
  y: number;
}

const LINE_PX = 16;
/** A press may tremble by so many pixels. */
const TREMBLE = 4;

function pointIn(element: HTMLElement, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

const middle = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

const spread = ([a, b]: readonly Point[]) => (a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0);

export function ZoomPane({ zoom, width, height, limit = 0, main, onPress, class: extra, children }: ZoomPaneProps) {
  const pane = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const geometry = useRef<Geometry | null>(null);
  const pointers = useMemo(() => new Map<number, Point>(), []);
  const moved = useRef(0);

  const draw = () => {
    // Read in any case: an effect hears only of what it read.
    const view = zoom.view.value;
    const movable = zoom.movable.value;
    if (!geometry.current || !picture.current || !pane.current) return;
    const ratio = devicePixelRatio || 1;
    const { left, top, scale } = place(view, geometry.current, ratio);
    picture.current.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
    picture.current.style.setProperty("--bgw-scale", String(scale));
    pane.current.classList.toggle("bgw-is-movable", movable);
    pane.current.classList.toggle("bgw-is-pixels", scale * ratio > 2);
  };
  useLayoutEffect(() => {
    const area = pane.current;
    if (!area) return;
    const measure = () => {
      if (!area.clientWidth || !area.clientHeight) return;
      geometry.current = {
        width: area.clientWidth,
        height: area.clientHeight,
        pictureWidth: width,
        pictureHeight: height,
        limit,
      };
      if (main) zoom.measure(geometry.current);
      draw();
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(area);
    const stop = effect(draw);
    return () => {
      stop();
      observer.disconnect();
    };
  }, [zoom, width, height, limit, main]);

  const onWheel = (event: TargetedWheelEvent<HTMLDivElement>) => {
    event.preventDefault();
    const delta = event.deltaMode ? event.deltaY * LINE_PX : event.deltaY;
    // Two fingers on a touch pad come as a wheel with Ctrl, in small steps.
    const factor = Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.0025));
    zoom.by(factor, pointIn(event.currentTarget, event), geometry.current);
  };
  const onPointerDown = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    if (!pointers.size) moved.current = 0;
    pointers.set(event.pointerId, pointIn(event.currentTarget, event));
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!pointers.has(event.pointerId)) return;
    const before = [...pointers.values()];
    pointers.set(event.pointerId, pointIn(event.currentTarget, event));
    const after = [...pointers.values()];
    const from = middle(before);
    const to = middle(after);
    moved.current += Math.hypot(to.x - from.x, to.y - from.y) + Math.abs(spread(after) - spread(before));
    if (moved.current < TREMBLE) return;
    if (spread(before)) zoom.by(spread(after) / spread(before), from, geometry.current);
    zoom.pan(to.x - from.x, to.y - from.y, geometry.current);
  };
  const onPointerEnd = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    if (event.type === "pointerup" && moved.current < TREMBLE) onPress?.();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys for the same are those of the dialog
    <div
      class={`bgw-zoom-pane ${extra ?? ""}`}
      ref={pane}
      onWheel={onWheel}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
      onDblClick={(event) => zoom.toggle(pointIn(event.currentTarget, event), geometry.current)}
    >
      <div class="bgw-zoom-picture" ref={picture} style={{ width: `${width}px`, height: `${height}px` }}>
        {children}
      </div>
    </div>
  );
}
