import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, bytes, expectAccessible, find, galleryKernel, show } from "./mountBatch";

const area = (root: HTMLElement) => find(root, ".bgw-gallery-area");
const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const tiles = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>(".bgw-tile")].map(({ dataset }) => Number(dataset["position"]));
const focusedTile = () => (document.activeElement as HTMLElement | null)?.dataset["position"];
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

describe("marks", () => {
  it("shows a mark at once, sends it, and takes it away on a second press", async () => {
    const kernel = galleryKernel(3);
    let answer = () => {};
    kernel.on("assets.mark", () => new Promise((resolve) => (answer = () => resolve({}))));
    const root = await open(kernel);
    await userEvent.hover(tile(root, 1));
    await page.getByRole("button", { name: "Favorite" }).nth(1).click();
    const star = find(tile(root, 1), ".bgw-tile-star");
    expect(star.getAttribute("aria-pressed")).toBe("true");
    expect(asked(kernel, "assets.mark")).toEqual([{ source: "b1", positions: [1], mark: "favorite" }]);
    await expect.element(filter("Favorites 1")).toBeVisible();
    expect(find(root, '[aria-live="polite"]').textContent).toBe("Marked as favorite: seed 101");
    answer();
    kernel.set("asset_marks", bytes([0, 1, 0]));
    await page.getByRole("button", { name: "Favorite" }).nth(1).click();
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("false");
    expect(asked(kernel, "assets.mark")[1]?.mark).toBeNull();
  });

  it("takes a mark back that the kernel refused, and says why", async () => {
    const kernel = galleryKernel(2);
    kernel.on("assets.mark", () => {
      throw new RequestError("ProjectError", "The project is read-only.");
    });
    const root = await open(kernel);
    await userEvent.hover(tile(root, 0));
    await page.getByRole("button", { name: "Discard" }).first().click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The project is read-only.");
    expect(find(tile(root, 0), ".bgw-tile-discard").getAttribute("aria-pressed")).toBe("false");
    await expectAccessible(root);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("forgets a mark that was undone before the kernel ever spoke of it", async () => {
    const kernel = galleryKernel(2);
    kernel.on("assets.mark", () => ({}));
    kernel.on("assets.undo", () => ({}));
    const root = await open(kernel);
    tile(root, 0).focus();
    await userEvent.keyboard("x");
    await expect.element(filter("Discarded 1")).toBeVisible();
    await userEvent.keyboard("u");
    await expect.element(filter("Discarded 0")).toBeVisible();
  });

  it("follows marks that are made elsewhere", async () => {
    const kernel = galleryKernel(3);
    const root = await open(kernel);
    kernel.set("asset_marks", bytes([0, 0, 2]));
    await expect.poll(() => tile(root, 2).className).toContain("bgw-is-discarded");
  });

  it("clears all marks, which can be undone", async () => {
    const kernel = galleryKernel(3, [1, 0, 2]);
    const root = await open(kernel);
    await page.getByRole("button", { name: "More" }).click();
    await expectAccessible(root);
    await page.getByRole("menuitem", { name: "Clear all marks" }).click();
    await expect.element(filter("Unselected 3")).toBeVisible();
    expect(asked(kernel, "assets.clear_marks")).toEqual([{ source: "b1" }]);
    await expect.element(page.getByRole("button", { name: "More" })).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    expect(page.getByRole("menuitem", { name: "Clear all marks" }).query()).toBeNull();
    await userEvent.keyboard("{Escape}");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.element(filter("Unselected 1")).toBeVisible();
    expect(tile(root, 0).className).toContain("bgw-is-favorite");
  });
});

describe("keys", () => {
  it("moves in two dimensions, by page, and to both ends", async () => {
    const root = await open(galleryKernel(1000));
    const columns = Number(find(root, '[role="grid"]').getAttribute("aria-colcount"));
    expect(columns).toBe(5);
    tile(root, 0).focus();
    for (const [key, position] of [
      ["ArrowRight", 1],
      ["ArrowDown", 6],
      ["ArrowLeft", 5],
      ["ArrowUp", 0],
      ["ArrowUp", 0],
      ["PageDown", 15],
      ["End", 999],
      ["ArrowRight", 999],
      ["PageUp", 984],
      ["Home", 0],
    ] as const) {
      await userEvent.keyboard(`{${key}}`);
      await expect.poll(focusedTile).toBe(String(position));
      const { top, bottom } = tile(root, position).getBoundingClientRect();
      const box = area(root).getBoundingClientRect();
      expect(top).toBeGreaterThanOrEqual(box.top - 1);
      expect(bottom).toBeLessThanOrEqual(box.bottom + 1);
    }
    expect(root.querySelectorAll('.bgw-tile[tabindex="0"]')).toHaveLength(1);
  });

  it("leaves the focus where it went after a key that moved nothing", async () => {
    const root = await open(galleryKernel(3));
    tile(root, 2).focus();
    await userEvent.keyboard("{End}");
    await page.getByRole("searchbox").click();
    await userEvent.keyboard("se");
    await expect.element(page.getByRole("searchbox")).toHaveValue("se");
    await expect.element(page.getByRole("searchbox")).toHaveFocus();
    await userEvent.keyboard("ed");
    await expect.element(page.getByRole("searchbox")).toHaveValue("seed");
  });

  it("goes down to the end of a short last row", async () => {
    const root = await open(galleryKernel(7));
    tile(root, 3).focus();
    await userEvent.keyboard("{ArrowDown}");
    await expect.poll(focusedTile).toBe("6");
  });

  it("marks with F and X, undoes with U and Ctrl+Z, and toggles", async () => {
    const kernel = galleryKernel(6);
    const root = await open(kernel);
    tile(root, 2).focus();
    const marked = () => tile(root, 2).className.match(/bgw-is-(none|favorite|discarded)/)?.[1];
    for (const [keys, mark] of [
      ["f", "favorite"],
      ["x", "discarded"],
      ["x", "none"],
      ["u", "discarded"],
      ["{Control>}z{/Control}", "favorite"],
      ["f", "none"],
    ] as const) {
      await userEvent.keyboard(keys);
      await expect.poll(marked).toBe(mark);
    }
    expect(asked(kernel, "assets.undo")).toHaveLength(2);
    expect(focusedTile()).toBe("2");
  });

  it("goes to the next tile when a marked one leaves the filter, and to the filter after the last", async () => {
    const root = await open(galleryKernel(4));
    await filter("Unselected").click();
    tile(root, 1).focus();
    await userEvent.keyboard("f");
    await expect.poll(() => tiles(root)).toEqual([0, 2, 3]);
    await expect.poll(focusedTile).toBe("2");
    await userEvent.keyboard("x");
    await expect.poll(focusedTile).toBe("3");
    await userEvent.keyboard("x");
    await expect.poll(focusedTile).toBe("0");
    await userEvent.keyboard("f");
    await expect.element(filter("Unselected")).toHaveFocus();
    await expect.element(page.getByText("Everything is sorted")).toBeVisible();
  });

  it("reaches a tile's buttons with Tab, which then work by keyboard", async () => {
    const root = await open(galleryKernel(3));
    tile(root, 0).focus();
    await userEvent.tab();
    await expect.poll(() => document.activeElement?.getAttribute("aria-label")).toBe("Select");
    await userEvent.tab();
    await expect.poll(() => document.activeElement?.getAttribute("aria-label")).toBe("Favorite");
    await userEvent.keyboard(" ");
    await expect.poll(() => tile(root, 0).className).toContain("bgw-is-favorite");
    expect(root.querySelector("dialog")).toBeNull();
  });
});
