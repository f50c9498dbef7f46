import { describe, expect, it } from "vitest";
import { ALL, clampView, fitScale, type Geometry, place, Zoom, zoomAt, zoomByKey } from "../src/views/viewing/zoom";

const pane: Geometry = {
  width: 600,
  height: 400,
  pictureWidth: 1200,
  pictureHeight: 1200,
  limit: Number.POSITIVE_INFINITY,
};

describe("where a picture is", () => {
  it("is all of it at first, in the middle", () => {
    expect(fitScale(pane)).toBeCloseTo(1 / 3);
    expect(place(ALL, pane, 1)).toEqual({ left: 100, top: 0, scale: 1 / 3 });
  });

  it("enlarges small pictures up to a limit", () => {
    const small = { ...pane, pictureWidth: 32, pictureHeight: 16 };
    expect(fitScale({ ...small, limit: 320 })).toBe(10);
    expect(fitScale(small)).toBe(18.75);
    expect(fitScale({ ...pane, pictureWidth: 500, pictureHeight: 100, limit: 320 })).toBe(1);
  });

  it("fills the pane where it is larger, and stays in the middle where it is smaller", () => {
    // Twice the fit: 800 pixels square in a pane of 600 by 400.
    expect(clampView({ zoom: 2, x: 0, y: 1 }, pane, 1)).toEqual({ zoom: 2, x: 0.375, y: 0.75 });
    expect(clampView({ zoom: 1.2, x: 0, y: 0 }, pane, 1).x).toBe(0.5);
  });

  it("is not magnified beyond 3200 %, nor made smaller than all of it", () => {
    expect(clampView({ ...ALL, zoom: 1e9 }, pane, 2).zoom).toBeCloseTo(48);
    expect(clampView({ ...ALL, zoom: 0.1 }, pane, 1).zoom).toBe(1);
    // One to one may be smaller than what fits.
    expect(clampView({ ...ALL, zoom: 0.01 }, { ...pane, pictureWidth: 100, pictureHeight: 100 }, 1).zoom).toBe(0.25);
  });

  it("keeps a point in its place for any magnification", () => {
    const at = { x: 450, y: 120 };
    const pointUnder = (view: typeof ALL) => {
      const { left, top, scale } = place(view, pane, 1);
      return [(at.x - left) / scale, (at.y - top) / scale];
    };
    let view = zoomAt(ALL, pane, 1, 3, { x: 300, y: 200 });
    const before = pointUnder(view);
    for (const zoom of [5, 20, 8]) {
      view = zoomAt(view, pane, 1, zoom, at);
      const after = pointUnder(view);
      expect(after[0]).toBeCloseTo(before[0] ?? 0, -0.5);
      expect(after[1]).toBeCloseTo(before[1] ?? 0, -0.5);
    }
  });

  it("lines up pictures of other sizes", () => {
    const view = zoomAt(ALL, pane, 1, 6, { x: 100, y: 50 });
    const half = { ...pane, pictureWidth: 600, pictureHeight: 600 };
    const one = place(view, pane, 1);
    const other = place(view, half, 1);
    expect(other.scale).toBeCloseTo(2 * one.scale);
    expect([other.left, other.top]).toEqual([one.left, one.top]);
  });
});

describe("the zoom", () => {
  const zoomed = () => {
    const zoom = new Zoom();
    zoom.measure({ ...pane, pictureWidth: 1200 * devicePixelRatio, pictureHeight: 1200 * devicePixelRatio });
    return zoom;
  };

  it("goes through steps, of which all of the picture is one", () => {
    const zoom = zoomed();
    const levels = [];
    for (let i = 0; i < 5; i += 1) {
      zoom.step(true);
      levels.push(zoom.level.peek());
    }
    expect(levels.map((level) => Number(level?.toFixed(2)))).toEqual([0.5, 0.67, 1, 1.5, 2]);
    for (let i = 0; i < 9; i += 1) zoom.step(false);
    expect(zoom.view.peek()).toEqual(ALL);
  });

  it("keeps its magnification when the window changes, and all of it as all of it", () => {
    const zoom = zoomed();
    const geometry = { ...pane, pictureWidth: 1200 * devicePixelRatio, pictureHeight: 1200 * devicePixelRatio };
    zoom.measure({ ...geometry, width: 900, height: 900 });
    expect(zoom.fits.peek()).toBe(true);
    zoom.actual();
    zoom.measure(geometry);
    expect(zoom.level.peek()).toBeCloseTo(1);
  });

  it("takes arrow keys only where there is something to move", () => {
    const zoom = zoomed();
    expect(zoomByKey(zoom, "ArrowLeft")).toBe(false);
    zoomByKey(zoom, "z");
    expect(zoom.level.peek()).toBeCloseTo(1);
    const before = zoom.view.peek().x;
    expect(zoomByKey(zoom, "ArrowLeft")).toBe(true);
    expect(zoom.view.peek().x).toBeLessThan(before);
    zoomByKey(zoom, "0");
    expect(zoomByKey(zoom, "ArrowLeft")).toBe(false);
    expect(zoomByKey(zoom, "q")).toBe(false);
  });
});
