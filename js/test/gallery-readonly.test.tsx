import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, expectAccessible, find, galleryKernel, show } from "./mountBatch";

/** Results 1 and 2 are marked: a favorite, and one that is discarded. */
function readOnlyKernel(change: Partial<ReturnType<typeof summaryOf>> = {}): FakeKernel {
  const kernel = galleryKernel(6, [0, 1, 2]);
  kernel.set("gallery", { ...summaryOf(kernel), undoable: true, read_only: true, ...change });
  return kernel;
}

const summaryOf = (kernel: FakeKernel) => kernel.trait("gallery").peek();
const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const buttons = (root: HTMLElement) =>
  [...root.querySelectorAll("button")].map((one) => one.getAttribute("aria-label") ?? one.textContent?.trim());

/** What changes anything where marks are taken. */
const CHANGES = ["assets.mark", "assets.undo", "assets.clear_marks", "trash.put", "history.show"] as const;
const changes = (kernel: FakeKernel) => CHANGES.flatMap((method) => asked(kernel, method));

async function drawn(kernel: FakeKernel, width = 900): Promise<HTMLElement> {
  const root = show(GalleryView, kernel, width);
  await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(6);
  return root;
}

describe("a gallery that nobody runs", () => {
  it("says so, and why", async () => {
    const root = await drawn(readOnlyKernel());
    const badge = find(root, ".bgw-read-only");
    expect(badge.textContent).toMatch(/^Read only/);
    expect(badge.title).toMatch(/Open the project in one to mark/);
  });

  it("shows marks, and offers none", async () => {
    const root = await drawn(readOnlyKernel());
    expect(tile(root, 1).getAttribute("aria-label")).toMatch(/, favorite$/);
    expect(find(tile(root, 1), ".bgw-mark").getAttribute("aria-label")).toBe("Favorite");
    expect(find(tile(root, 2), ".bgw-mark").getAttribute("aria-label")).toBe("Discarded");
    expect(tile(root, 0).querySelector(".bgw-mark")).toBeNull();
    const names = buttons(root);
    for (const name of ["Favorite", "Discard", "Review", "Choose next", "Undo"]) expect(names).not.toContain(name);
    expect(names.filter((name) => name === "Select")).toHaveLength(6);
  });

  it("does nothing at the keys of marks, of undo, of the trash and of the review", async () => {
    const kernel = readOnlyKernel({ offers: ["cleanup"] });
    const root = await drawn(kernel);
    tile(root, 0).focus();
    await userEvent.keyboard("fxur{Delete}{Control>}z{/Control}");
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByRole("group", { name: "Selection" })).toBeVisible();
    await userEvent.keyboard("fxu{Delete}{Backspace}");
    expect(changes(kernel)).toEqual([]);
    expect(root.querySelector("dialog")).toBeNull();
    expect(tile(root, 0).className).toContain("bgw-is-none");
  });

  it("selects, and offers only what changes nothing", async () => {
    const kernel = readOnlyKernel({ offers: ["cleanup"] });
    const root = await drawn(kernel, 1200);
    tile(root, 0).focus();
    await userEvent.keyboard("{Enter}{ArrowRight}{Enter}");
    const bar = page.getByRole("group", { name: "Selection" });
    await expect.element(bar).toBeVisible();
    expect(buttons(bar.element() as HTMLElement)).toEqual(["Compare", "Select all shown", "Deselect"]);
    await userEvent.keyboard("c");
    await expect.element(page.getByRole("dialog")).toBeVisible();
    const dialog = find(root, "dialog");
    expect(buttons(dialog).filter((name) => /^(Favorite|Discard)/.test(name ?? ""))).toEqual([]);
    expect(find(dialog, ".bgw-mark").getAttribute("aria-label")).toBe("Favorite 2");
    await userEvent.keyboard("fxu");
    expect(changes(kernel)).toEqual([]);
  });

  it("filters by marks that exist", async () => {
    const root = await drawn(readOnlyKernel());
    await page.getByRole("radio", { name: /Favorites/ }).click();
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(1);
    expect(tile(root, 1)).toBeTruthy();
    const none = readOnlyKernel();
    none.set("asset_marks", new DataView(new ArrayBuffer(6)));
    const other = show(GalleryView, none);
    const favorites = [...other.querySelectorAll<HTMLElement>('[role="radio"]')].find(({ textContent }) =>
      textContent?.startsWith("Favorites"),
    );
    favorites?.click();
    await expect.poll(() => other.querySelector(".bgw-empty")?.textContent).toMatch(/Nobody has chosen/);
    expect(other.textContent).not.toContain("or F");
  });

  it("opens details without marks to press, and takes no keys for them", async () => {
    const kernel = readOnlyKernel();
    const root = await drawn(kernel);
    tile(root, 1).focus();
    await userEvent.keyboard(" ");
    await expect.element(page.getByRole("heading", { name: "0001_lake.png" })).toBeVisible();
    const dialog = find(root, "dialog");
    expect(buttons(dialog)).toContain("Download");
    expect(buttons(dialog)).not.toContain("Favorite");
    expect(find(dialog, ".bgw-dialog-head .bgw-mark").title).toBe("Favorite");
    await userEvent.keyboard("fxu");
    expect(changes(kernel)).toEqual([]);
    await userEvent.keyboard("{ArrowRight}");
    await expect.element(page.getByRole("heading", { name: "0002_lake.png" })).toBeVisible();
  });

  it("lists no keys of marks, and no way to clear them", async () => {
    const root = await drawn(readOnlyKernel({ offers: ["lineage"] }));
    await page.getByRole("button", { name: "More" }).click();
    await expect.element(page.getByRole("menuitem", { name: /Lineage/ })).toBeVisible();
    const items = [...root.querySelectorAll('[role="menuitem"]')].map(({ textContent }) => textContent ?? "");
    expect(items.some((item) => item.includes("Clear all marks"))).toBe(false);
    await page.getByRole("menuitem", { name: /Keyboard shortcuts/ }).click();
    await expect.element(page.getByRole("heading", { name: "Keyboard shortcuts" })).toBeVisible();
    const keys = [...root.querySelectorAll("dialog kbd")].map(({ textContent }) => textContent);
    for (const key of ["F", "X", "U", "R", "Delete"]) expect(keys).not.toContain(key);
    expect(keys).toContain("C");
  });

  it("leads back to no running batch", async () => {
    const kernel = readOnlyKernel({ held: { created_at: 1000, generator: "poster", newer: true } });
    const root = await drawn(kernel);
    expect(root.querySelector(".bgw-held")).toBeNull();
  });

  it("is accessible", async () => {
    const root = await drawn(readOnlyKernel());
    await expectAccessible(root);
  });
});
