import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import { thumbnailCache } from "../src/state/thumbnails";
import { GalleryView } from "../src/views/gallery/GalleryView";
import {
  addAssets,
  asked,
  batchOf,
  bytes,
  expectAccessible,
  find,
  frames,
  galleryKernel,
  repeat,
  show,
} from "./mountBatch";

const area = (root: HTMLElement) => find(root, ".bgw-gallery-area");
const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const tiles = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>(".bgw-tile")].map(({ dataset }) => Number(dataset["position"]));
const filter = (name: string) => page.getByRole("radio", { name });

/** Open a gallery whose first thumbnail is on screen. */
async function open(kernel: ReturnType<typeof galleryKernel>, width = 900) {
  const root = show(GalleryView, kernel, width);
  await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
  return root;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("what is on show", () => {
  it("says what will come where there is no source, and none of the tools", async () => {
    const kernel = galleryKernel(0);
    kernel.set("gallery", { source: "", title: "", total: 0, undoable: false, offers: [] });
    const root = show(GalleryView, kernel);
    await expect.element(page.getByText("No results yet")).toBeVisible();
    expect(filter("All").query()).toBeNull();
    await expectAccessible(root);
  });

  it("has words of its own for each empty filter", async () => {
    const kernel = galleryKernel(0);
    kernel.set("batch", batchOf([1, 0]));
    const root = show(GalleryView, kernel);
    await expect.element(page.getByText("Waiting for the first result")).toBeVisible();
    kernel.set("batch", batchOf([3, 3], { status: "failed" }));
    await expect.element(page.getByText("No results", { exact: true })).toBeVisible();
    for (const [name, words] of [
      ["Favorites", "No favorites yet"],
      ["Unselected", "Everything is sorted"],
      ["Discarded", "Nothing discarded"],
    ] as const) {
      await filter(name).click();
      await expect.element(page.getByText(words)).toBeVisible();
    }
    await expectAccessible(root);
  });

  it("labels tiles by their asset, and names kind, length and mark", async () => {
    const root = await open(galleryKernel(3, [0, 1, 2], [0, 1, 2]));
    await expect.poll(() => tile(root, 0).getAttribute("aria-label")).toBe("seed 100");
    expect(tile(root, 1).getAttribute("aria-label")).toBe("3.0 s seed 101, video, favorite");
    expect(tile(root, 2).getAttribute("aria-label")).toBe("3.0 s seed 102, audio, discarded");
    expect(tile(root, 2).textContent).toContain("seed 102");
    expect(find(tile(root, 0), "img").getAttribute("alt")).toBe("a lake at dawn, seed 100");
    await expectAccessible(root);
  });

  it("filters by mark, with counts, by mouse and by arrow keys", async () => {
    const root = await open(galleryKernel(6, [0, 1, 2, 0, 1, 0]));
    expect(find(root, '[role="radiogroup"]').textContent?.replace(/\s+/g, " ")).toBe(
      "All 6Favorites 2Unselected 3Discarded 1",
    );
    await filter("Favorites").click();
    await expect.poll(() => tiles(root)).toEqual([1, 4]);
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => tiles(root)).toEqual([0, 3, 5]);
    await expect.element(filter("Unselected")).toHaveFocus();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => tiles(root)).toEqual([2]);
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => tiles(root)).toHaveLength(6);
    await expectAccessible(root);
  });

  it("makes room for what a running batch will bring, and never gives it back", async () => {
    const kernel = galleryKernel(1);
    kernel.set("batch", batchOf(repeat(30, () => 0)));
    const root = await open(kernel);
    const height = area(root).offsetHeight;
    expect(height).toBe(620);
    expect(root.querySelectorAll(".bgw-ghost").length).toBeGreaterThan(5);
    addAssets(kernel, 12);
    await expect.poll(() => tiles(root)).toHaveLength(12);
    expect(area(root).offsetHeight).toBe(height);
  });
});

describe("ten thousand results", () => {
  it("draws and asks for what is on screen and a screen ahead", async () => {
    const kernel = galleryKernel(10_000);
    const root = await open(kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-tile-skeleton").length).toBe(0);
    await expect.poll(() => asked(kernel, "assets.thumbnails").length).toBeGreaterThan(0);
    await frames(6);
    const first = asked(kernel, "assets.thumbnails").flatMap(({ positions }) => positions);
    expect(root.querySelectorAll("*").length).toBeLessThan(700);
    expect(first.length).toBeLessThan(60);
    expect(Math.max(...first)).toBeLessThan(60);
    expect(new Set(first).size).toBe(first.length);
    expect(area(root).scrollHeight).toBeGreaterThan(300_000);

    area(root).scrollTop = area(root).scrollHeight / 2;
    await expect.poll(() => tiles(root)).toContain(5000);
    await expect.poll(() => root.querySelectorAll(".bgw-tile-skeleton").length).toBe(0);
    await frames(6);
    const later = asked(kernel, "assets.thumbnails").flatMap(({ positions }) => positions);
    expect(later.length - first.length).toBeLessThan(70);
    expect(Math.min(...later.slice(first.length))).toBeGreaterThan(4900);
    // The tab stop stays in the page, wherever the person has scrolled.
    expect(tile(root, 0).tabIndex).toBe(0);
    expect(root.querySelectorAll("*").length).toBeLessThan(800);
    await expectAccessible(root);
  });

  it("passes by what a fast scroll passes by", async () => {
    const kernel = galleryKernel(10_000);
    const root = await open(kernel);
    await frames(6);
    const before = asked(kernel, "assets.thumbnails").length;
    for (const part of [0.2, 0.4, 0.6, 0.8]) area(root).scrollTop = area(root).scrollHeight * part;
    await expect.poll(() => tiles(root)).toContain(8000);
    await expect.poll(() => root.querySelectorAll(".bgw-tile-skeleton").length).toBe(0);
    const positions = asked(kernel, "assets.thumbnails")
      .slice(before)
      .flatMap((one) => one.positions);
    expect(positions.filter((position) => position < 7000)).toEqual([]);
  });

  it("never moves what is on screen when results arrive", async () => {
    const kernel = galleryKernel(1000);
    const root = await open(kernel);
    area(root).scrollTop = 3000;
    await expect.poll(() => tiles(root)).toContain(80);
    await frames();
    const on = tiles(root);
    const place = tile(root, 80).getBoundingClientRect().top;
    addAssets(kernel, 1400);
    await expect.element(page.getByText("1,400 results")).toBeVisible();
    expect(area(root).scrollTop).toBe(3000);
    expect(tiles(root)).toEqual(on);
    expect(tile(root, 80).getBoundingClientRect().top).toBe(place);
  });

  it("keeps its place when tiles change their size", async () => {
    const root = await open(galleryKernel(1000));
    const rowHeight = 173;
    area(root).scrollTop = 20 * rowHeight;
    await expect.poll(() => tiles(root)).toContain(100);
    await frames();
    const top = () => {
      const edge = area(root).getBoundingClientRect().top;
      return tiles(root).find((position) => tile(root, position).getBoundingClientRect().top >= edge - 90) ?? -1;
    };
    const before = top();
    const slider = page.getByRole("slider", { name: "Tile size" });
    slider.element().focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}{ArrowRight}");
    await frames();
    expect(Math.abs(top() - before)).toBeLessThan(10);
  });

  it("comes back to its place when the output was taken out of the page and put back", async () => {
    const root = await open(galleryKernel(1000));
    area(root).scrollTop = 3000;
    await expect.poll(() => tiles(root)).toContain(80);
    await frames();
    root.remove();
    await frames();
    document.body.append(root);
    await expect.poll(() => area(root).scrollTop).toBe(3000);
    expect(tiles(root)).toContain(80);
  });

  it("holds so many pictures and no more, and lets go of all when it is closed", async () => {
    const kernel = galleryKernel(1000);
    const cache = thumbnailCache(kernel, "b1", 100);
    for (let start = 0; start < 400; start += 40) {
      cache.want(repeat(40, (i) => start + i));
      await expect.poll(() => cache.get(start + 39)).toMatch(/^data:image\/png;base64,/);
    }
    expect(cache.size).toBe(100);
    expect(cache.get(0)).toBeUndefined();
    expect(cache.get(399)).toBeTypeOf("string");
    cache.close();
    expect(cache.size).toBe(0);
  });
});

describe("a kernel that does not deliver", () => {
  it("says so, and asks again when told to", async () => {
    const kernel = galleryKernel(3);
    kernel.on("assets.thumbnails", () => {
      throw new RequestError("NoAnswer", "The kernel does not answer.");
    });
    const root = show(GalleryView, kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The kernel does not answer.");
    await frames(4);
    expect(asked(kernel, "assets.thumbnails")).toHaveLength(1);
    await expectAccessible(root);
    const working = galleryKernel(3);
    kernel.on("assets.thumbnails", async (params) => working.request("assets.thumbnails", params));
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => root.querySelectorAll(".bgw-tile-image").length).toBe(3);
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("shows the kind where an asset has no thumbnail", async () => {
    const kernel = galleryKernel(1, [], [2]);
    kernel.on("assets.thumbnails", () => ({ result: { items: [] }, buffers: [] }));
    const root = show(GalleryView, kernel);
    await expect.poll(() => root.querySelector(".bgw-tile-none svg")).not.toBeNull();
  });
});

describe("several views", () => {
  it("shares marks, the query and the selection", async () => {
    const kernel = galleryKernel(4);
    const one = await open(kernel);
    const two = await open(kernel);
    find(two, '[role="radio"]:nth-child(2)').click();
    await expect.poll(() => one.textContent).toContain("No favorites yet");
    find(one, '[role="radio"]:nth-child(1)').click();
    await expect.poll(() => tiles(two)).toEqual([0, 1, 2, 3]);
    tile(one, 0).focus();
    await userEvent.keyboard("f{Enter}");
    await expect.poll(() => tile(two, 0).className).toContain("bgw-is-favorite");
    await expect.poll(() => tile(two, 0).getAttribute("aria-selected")).toBe("true");
    const ids = [...document.querySelectorAll("[id^=bgw]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("starts anew with another source", async () => {
    const kernel = galleryKernel(4, [1, 0, 0, 0]);
    const root = await open(kernel);
    kernel.set("asset_marks", bytes([0, 0]));
    kernel.set("gallery", { source: "b2", title: "Second", total: 2, undoable: false, offers: [] });
    await expect.element(page.getByText("Second · 2 results")).toBeVisible();
    await expect.poll(() => asked(kernel, "assets.thumbnails").at(-1)?.source).toBe("b2");
    expect(tiles(root)).toEqual([0, 1]);
  });
});
