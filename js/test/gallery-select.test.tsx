import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, bytes, expectAccessible, find, frames, galleryKernel, repeat, show } from "./mountBatch";

const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const focusedTile = () => (document.activeElement as HTMLElement | null)?.dataset["position"];
const selected = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>('.bgw-tile[aria-selected="true"]')].map(({ dataset }) =>
    Number(dataset["position"]),
  );
const bar = () => page.getByRole("group", { name: "Selection" });
const spoken = (root: HTMLElement) => find(root, '.bgw-gallery-source > [aria-live="polite"]').textContent;

async function open(kernel: ReturnType<typeof galleryKernel>, width = 900) {
  const root = show(GalleryView, kernel, width);
  await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
  return root;
}

describe("selection", () => {
  it("toggles with Enter and Ctrl+click, and says how many", async () => {
    const kernel = galleryKernel(6);
    const root = await open(kernel);
    expect(find(root, '[role="grid"]').getAttribute("aria-multiselectable")).toBe("true");
    tile(root, 2).focus();
    await userEvent.keyboard("{Enter}");
    expect(selected(root)).toEqual([2]);
    await page.elementLocator(tile(root, 4)).click({ modifiers: ["Control"] });
    expect(selected(root)).toEqual([2, 4]);
    await expect.element(bar()).toBeVisible();
    await expect.element(page.getByText("2 selected", { exact: true })).toBeVisible();
    await expect.poll(() => spoken(root)).toBe("2 selected.");
    await expectAccessible(root);
    tile(root, 2).focus();
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    expect(selected(root)).toEqual([4]);
    expect(asked(kernel, "assets.select")).toEqual([
      { source: "b1", positions: [2], how: "add" },
      { source: "b1", positions: [4], how: "add" },
      { source: "b1", positions: [2], how: "remove" },
    ]);
    await userEvent.keyboard("{Escape}");
    expect(selected(root)).toEqual([]);
    expect(bar().query()).toBeNull();
    expect(focusedTile()).toBe("2");
  });

  it("grows and shrinks a range with Shift and the arrows, from where it began", async () => {
    const root = await open(galleryKernel(20));
    tile(root, 1).focus();
    await userEvent.keyboard("{Shift>}{ArrowRight}{ArrowRight}{ArrowDown}{/Shift}");
    await expect.poll(() => selected(root)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await userEvent.keyboard("{Shift>}{ArrowUp}{ArrowLeft}{/Shift}");
    await expect.poll(() => selected(root)).toEqual([1, 2]);
    expect(focusedTile()).toBe("2");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}{Enter}{Shift>}{ArrowRight}{/Shift}");
    await expect.poll(() => selected(root)).toEqual([1, 2, 5, 6]);
  });

  it("selects a range with Shift+click, from the tile that had the focus", async () => {
    const root = await open(galleryKernel(20));
    tile(root, 3).focus();
    await page.elementLocator(tile(root, 6)).click({ modifiers: ["Shift"] });
    expect(selected(root)).toEqual([3, 4, 5, 6]);
    await page.elementLocator(tile(root, 1)).click({ modifiers: ["Shift"] });
    expect(selected(root)).toEqual([1, 2, 3]);
    expect(root.querySelector("dialog")).toBeNull();
  });

  it("shows the boxes on hover, and on every tile once something is selected", async () => {
    const root = await open(galleryKernel(4));
    const box = (position: number) => find(tile(root, position), ".bgw-tile-select");
    await userEvent.hover(tile(root, 1));
    await expect.poll(() => getComputedStyle(box(1)).opacity).toBe("1");
    expect(getComputedStyle(box(3)).opacity).toBe("0");
    await page.elementLocator(box(1)).click();
    expect(selected(root)).toEqual([1]);
    expect(box(1).getAttribute("aria-pressed")).toBe("true");
    await expect.poll(() => getComputedStyle(box(3)).opacity).toBe("1");
    expect(root.querySelector("dialog")).toBeNull();
  });

  it("selects all that is shown with Ctrl+A, and nothing else", async () => {
    const kernel = galleryKernel(
      2000,
      repeat(2000, (i) => i % 4),
    );
    kernel.set("asset_marks", bytes(repeat(2000, (i) => Number(i % 4 === 1))));
    const root = await open(kernel);
    await page.getByRole("radio", { name: "Favorites" }).click();
    await expect.poll(() => root.querySelector('[data-position="0"]')).toBeNull();
    tile(root, 1).focus();
    await userEvent.keyboard("{Control>}a{/Control}");
    await expect.element(page.getByText("500 selected", { exact: true })).toBeVisible();
    expect(asked(kernel, "assets.select").at(-1)?.positions).toHaveLength(500);
    await page.getByRole("radio", { name: "Unselected" }).click();
    await expect.element(page.getByText("500 selected · 500 of them not shown")).toBeVisible();
    await page.getByRole("button", { name: "Deselect" }).click();
    expect(asked(kernel, "assets.select").at(-1)).toEqual({ source: "b1", positions: [], how: "set" });
    await expect.poll(focusedTile).not.toBeUndefined();
  });

  it("follows Python, and goes back to its word when that says no", async () => {
    const kernel = galleryKernel(4);
    const root = await open(kernel);
    kernel.set("asset_selected", bytes([0, 1, 1, 0]));
    await expect.poll(() => selected(root)).toEqual([1, 2]);
    kernel.on("assets.select", () => {
      throw new RequestError("StateError", "The gallery shows another batch now; choose again.");
    });
    tile(root, 0).focus();
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByRole("alert")).toHaveTextContent("choose again");
    expect(selected(root)).toEqual([1, 2]);
    await expectAccessible(root);
  });
});

describe("marks of a selection", () => {
  it("marks all of it when the active tile is part of it, as one step for undo", async () => {
    const kernel = galleryKernel(6, [0, 1]);
    const root = await open(kernel);
    tile(root, 1).focus();
    await userEvent.keyboard("{Shift>}{ArrowRight}{ArrowRight}{/Shift}f");
    expect(asked(kernel, "assets.mark")).toEqual([{ source: "b1", positions: [1, 2, 3], mark: "favorite" }]);
    await expect.element(page.getByRole("radio", { name: "Favorites 3" })).toBeVisible();
    expect(spoken(root)).toBe("3 results marked as favorite.");
    await userEvent.keyboard("f");
    await expect.element(page.getByRole("radio", { name: "Favorites 0" })).toBeVisible();
    await userEvent.keyboard("uu");
    await expect.element(page.getByRole("radio", { name: "Favorites 1" })).toBeVisible();
    expect(selected(root)).toEqual([1, 2, 3]);
  });

  it("marks only the active tile when that is not part of it", async () => {
    const kernel = galleryKernel(6);
    const root = await open(kernel);
    tile(root, 1).focus();
    await userEvent.keyboard("{Enter}{ArrowRight}x");
    expect(asked(kernel, "assets.mark")).toEqual([{ source: "b1", positions: [2], mark: "discarded" }]);
  });

  it("has buttons for all of it, with room for words and without", async () => {
    for (const width of [1200, 360]) {
      const kernel = galleryKernel(6, [0, 2, 0]);
      const root = await open(kernel, width);
      kernel.set("asset_selected", bytes([1, 1, 0, 0, 0, 0]));
      const press = async (name: string) => bar().getByRole("button", { name }).click();
      await press("Favorite");
      await expect.element(page.getByRole("radio", { name: "Favorites 2" })).toBeVisible();
      await press("Discard");
      await expect.element(page.getByRole("radio", { name: "Discarded 2" })).toBeVisible();
      await press("Clear mark");
      await expect.element(page.getByRole("radio", { name: "Unselected 6" })).toBeVisible();
      await press("Undo");
      await expect.element(page.getByRole("radio", { name: "Discarded 2" })).toBeVisible();
      await press("Select all shown");
      await expect.element(page.getByText("6 selected", { exact: true })).toBeVisible();
      await expectAccessible(root);
      root.remove();
    }
  });
});

describe("what opens", () => {
  it("opens with Space, compares two to nine with C, reviews with R, lists keys with ?", async () => {
    const kernel = galleryKernel(12);
    const root = await open(kernel);
    tile(root, 1).focus();
    await userEvent.keyboard(" ");
    await expect.poll(() => document.querySelectorAll("dialog[open]").length).toBe(1);
    await userEvent.keyboard("{Escape}");
    await expect.poll(focusedTile).toBe("1");
    await userEvent.keyboard("{Enter}c");
    await frames();
    expect(document.querySelector("dialog[open]")).toBeNull();
    await expect.poll(() => spoken(root)).toBe("Select 2 to 9 results to compare them.");
    await userEvent.keyboard("{Shift>}{ArrowRight}{/Shift}c");
    await expect.poll(() => document.querySelectorAll("dialog[open]").length).toBe(1);
    await userEvent.keyboard("{Escape}");
    await expect.poll(focusedTile).toBe("2");
    await userEvent.keyboard("r");
    await expect.poll(() => document.querySelectorAll("dialog[open]").length).toBe(1);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => document.querySelectorAll("dialog[open]").length).toBe(0);
    await userEvent.keyboard("?");
    await expect.element(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.poll(focusedTile).not.toBeUndefined();
  });

  it("leaves Ctrl+Shift to the host, and letters to what is written", async () => {
    const kernel = galleryKernel(4);
    const root = await open(kernel);
    tile(root, 0).focus();
    await userEvent.keyboard("{Control>}{Shift>}az{/Shift}{/Control}");
    expect(asked(kernel, "assets.select")).toEqual([]);
    await userEvent.keyboard("/");
    await expect.element(page.getByRole("searchbox", { name: /Search/ })).toHaveFocus();
    await userEvent.keyboard("frxcu?/");
    await expect.element(page.getByRole("searchbox", { name: /Search/ })).toHaveValue("frxcu?/");
    expect(asked(kernel, "assets.mark")).toEqual([]);
    expect(document.querySelector("dialog")).toBeNull();
  });
});
