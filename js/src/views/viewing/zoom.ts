/** Where a picture is in its pane: one place and magnification for one pane or for several that are looked at together. */

import { computed, signal } from "@preact/signals";

/** The sizes of a pane and of its picture. */
export interface Geometry {
  /** Of the pane, in CSS pixels. */
  width: number;
  height: number;
  /** Of the picture, in its own pixels. */
  pictureWidth: number;
  pictureHeight: number;
  /** To which longest side, in CSS pixels, a small picture is enlarged at first. */
  limit: number;
}

/** In terms of the picture, so that pictures of different sizes line up. */
export interface View {
  /** 1 is all of the picture, as large as the pane allows. */
  zoom: number;
  /** The point of the picture in the middle of the pane, 0 to 1. */
  x: number;
  y: number;
}

export const ALL: View = { zoom: 1, x: 0.5, y: 0.5 };

/** In device pixels per picture pixel. */
const LARGEST = 32;
const STEPS = [0.05, 0.1, 0.25, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, LARGEST];

/** CSS pixels per picture pixel when all of it is on show. */
export function fitScale({ width, height, pictureWidth, pictureHeight, limit }: Geometry): number {
  const longest = Math.max(pictureWidth, pictureHeight);
  return Math.min(width / pictureWidth, height / pictureHeight, Math.max(1, limit / longest));
}

/** Half of what a pane shows of a picture along one axis, in terms of the picture. */
function reach(pane: number, picture: number, scale: number): number {
  return pane / (2 * picture * scale);
}

/** A picture that is larger than its pane fills it, one that is smaller stays in the middle. */
function clampAxis(middle: number, half: number): number {
  return half >= 0.5 ? 0.5 : Math.min(1 - half, Math.max(half, middle));
}

export function clampView(view: View, geometry: Geometry, ratio: number): View {
  const fit = fitScale(geometry);
  const actual = 1 / (ratio * fit);
  const zoom = Math.min(Math.max(1, actual * LARGEST), Math.max(Math.min(1, actual), view.zoom));
  const scale = fit * zoom;
  return {
    zoom,
    x: clampAxis(view.x, reach(geometry.width, geometry.pictureWidth, scale)),
    y: clampAxis(view.y, reach(geometry.height, geometry.pictureHeight, scale)),
  };
}

/** Where the picture's corner is in the pane, on whole device pixels, and CSS pixels per picture pixel. */
export function place(view: View, geometry: Geometry, ratio: number): { left: number; top: number; scale: number } {
  const { zoom, x, y } = clampView(view, geometry, ratio);
  const scale = fitScale(geometry) * zoom;
  const snap = (value: number) => Math.round(value * ratio) / ratio;
  return {
    left: snap(geometry.width / 2 - x * geometry.pictureWidth * scale),
    top: snap(geometry.height / 2 - y * geometry.pictureHeight * scale),
    scale,
  };
}

/** Magnify so that what is at a point of the pane stays there. */
export function zoomAt(
  view: View,
  geometry: Geometry,
  ratio: number,
  zoom: number,
  at: { x: number; y: number },
): View {
  const before = clampView(view, geometry, ratio);
  const { zoom: next } = clampView({ ...view, zoom }, geometry, ratio);
  const fit = fitScale(geometry);
  const shift = (point: number, pane: number, picture: number) =>
    ((point - pane / 2) / (picture * fit)) * (1 / before.zoom - 1 / next);
  return clampView(
    {
      zoom: next,
      x: before.x + shift(at.x, geometry.width, geometry.pictureWidth),
      y: before.y + shift(at.y, geometry.height, geometry.pictureHeight),
    },
    geometry,
    ratio,
  );
}

const deviceRatio = () => globalThis.devicePixelRatio || 1;

export class Zoom {
  readonly view = signal(ALL);
  /** Of the pane that percentages and steps are about. */
  readonly #main = signal<Geometry | null>(null);
  /** Device pixels per picture pixel; null until the picture's size is known. */
  readonly level = computed(() => {
    const geometry = this.#main.value;
    if (!geometry) return null;
    return fitScale(geometry) * clampView(this.view.value, geometry, deviceRatio()).zoom * deviceRatio();
  });
  /** Whether a part of the picture is out of sight, so that it can be moved. */
  readonly movable = computed(() => this.#main.value !== null && this.view.value.zoom > 1.0001);
  readonly fits = computed(() => this.view.value.zoom === 1);

  /** The main pane or its picture has another size: all stays all, and anything else keeps its magnification. */
  measure(geometry: Geometry): void {
    const old = this.#main.peek();
    this.#main.value = geometry;
    const view = this.view.peek();
    const samePicture = old?.pictureWidth === geometry.pictureWidth && old.pictureHeight === geometry.pictureHeight;
    if (!old || !samePicture || view.zoom === 1) return;
    this.#look({ ...view, zoom: (view.zoom * fitScale(old)) / fitScale(geometry) }, geometry);
  }

  fit(): void {
    this.view.value = ALL;
  }

  /** One picture pixel for each pixel of the screen. */
  actual(at?: { x: number; y: number }, geometry = this.#main.peek()): void {
    if (geometry) this.#zoom(1 / (deviceRatio() * fitScale(geometry)), geometry, at);
  }

  /** From all of it to one to one, and back. */
  toggle(at?: { x: number; y: number }, geometry = this.#main.peek()): void {
    if (this.fits.peek()) this.actual(at, geometry);
    else this.fit();
  }

  /** To the next larger or smaller step. */
  step(up: boolean): void {
    const geometry = this.#main.peek();
    const level = this.level.peek();
    if (!geometry || level === null) return;
    const near = level * (up ? 1.01 : 0.99);
    const next = up ? STEPS.find((step) => step > near) : STEPS.findLast((step) => step < near);
    const fit = fitScale(geometry) * deviceRatio();
    const zoom = (next ?? level) / fit;
    // All of the picture is a step too.
    const passesAll = up ? this.view.peek().zoom < 0.99 && zoom > 1 : this.view.peek().zoom > 1.01 && zoom < 1;
    this.#zoom(passesAll ? 1 : zoom, geometry);
  }

  by(factor: number, at?: { x: number; y: number }, geometry = this.#main.peek()): void {
    if (geometry) this.#zoom(this.view.peek().zoom * factor, geometry, at);
  }

  /** Move the picture by CSS pixels. */
  pan(dx: number, dy: number, geometry = this.#main.peek()): void {
    if (!geometry) return;
    const view = clampView(this.view.peek(), geometry, deviceRatio());
    const scale = fitScale(geometry) * view.zoom;
    this.#look(
      {
        zoom: view.zoom,
        x: view.x - dx / (geometry.pictureWidth * scale),
        y: view.y - dy / (geometry.pictureHeight * scale),
      },
      geometry,
    );
  }

  #zoom(zoom: number, geometry: Geometry, at = { x: geometry.width / 2, y: geometry.height / 2 }): void {
    // A magnification by a hair's breadth from all of the picture is all of it.
    const close = Math.abs(zoom - 1) < 0.01;
    this.#look(zoomAt(this.view.peek(), geometry, deviceRatio(), close ? 1 : zoom, at), geometry);
  }

  #look(view: View, geometry: Geometry): void {
    const next = clampView(view, geometry, deviceRatio());
    this.view.value = next.zoom === 1 ? ALL : next;
  }
}

/** The keys that all views of pictures share; true where the key was one of them. */
export function zoomByKey(zoom: Zoom, key: string): boolean {
  const far = 60;
  if (key === "+" || key === "=") zoom.step(true);
  else if (key === "-") zoom.step(false);
  else if (key === "0") zoom.fit();
  else if (key === "z") zoom.toggle();
  else if (!zoom.movable.peek()) return false;
  else if (key === "ArrowLeft") zoom.pan(far, 0);
  else if (key === "ArrowRight") zoom.pan(-far, 0);
  else if (key === "ArrowUp") zoom.pan(0, far);
  else if (key === "ArrowDown") zoom.pan(0, -far);
  else return false;
  return true;
}
