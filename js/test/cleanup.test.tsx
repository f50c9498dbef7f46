import { beforeEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import type { TrashRow } from "../src/state/wire.gen";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, bytes, expectAccessible, find, galleryKernel, repeat, show, tinyPicture } from "./mountBatch";

const OFFERS = ["cleanup"];

/** A kernel with a trash: positions by their codes, and the rows of the trash. */
function trashKernel(total: number, marks: number[] = []): FakeKernel & { trash: TrashRow[] } {
  const kernel = Object.assign(galleryKernel(total, marks), { trash: [] as TrashRow[] });
  const past: number[][] = [];
  let held = repeat(total, (i) => marks[i] ?? 0);
  const sync = () => {
    kernel.set("asset_marks", bytes(held));
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), offers: OFFERS, undoable: past.length > 0 });
  };
  const rowOf = (position: number): TrashRow => ({
    id: `a${position}`,
    name: `${position}_lake.png`,
    kind: "image",
    alt: "a lake",
    batch: "b1",
    file_size: 1000,
    trashed_at: 1_700_000_000,
    favorite: held[position] === 1,
  });
  const put = (positions: readonly number[]) => {
    past.push(held);
    kernel.trash.unshift(...positions.map(rowOf));
    held = held.map((code, i) => (positions.includes(i) ? 3 : code));
    sync();
    return { count: positions.length };
  };
  kernel.on("trash.put", ({ positions }) => put(positions));
  kernel.on("assets.undo", () => {
    held = past.pop() ?? held;
    kernel.trash = kernel.trash.filter(({ id }) => held[Number(id.slice(1))] === 3);
    sync();
    return {};
  });
  kernel.on("cleanup.preview", () => {
    if (!held.includes(1)) throw new Error("batch b1: no favorites; star what is to stay first");
    const count = held.filter((code) => code === 0 || code === 2).length;
    const kept = held.filter((code) => code === 1).length;
    return { count, bytes: count * 1000, kinds: [{ kind: "image", count, bytes: count * 1000 }], kept, in_use: 0 };
  });
  kernel.on("cleanup.keep_favorites", () => put(held.flatMap((code, i) => (code === 0 || code === 2 ? [i] : []))));
  kernel.on("trash.get", ({ start, stop }) => ({
    rows: kernel.trash.slice(start, stop),
    total: kernel.trash.length,
    bytes: kernel.trash.length * 1000,
    strays: 0,
    stray_bytes: 0,
  }));
  kernel.on("assets.thumbnails_by_id", async ({ ids }) => ({
    result: { items: ids.map((id) => ({ id, type: "image/png" })) },
    buffers: await Promise.all(ids.map(() => tinyPicture())),
  }));
  kernel.on("trash.restore", ({ ids }) => {
    const gone = kernel.trash.filter(({ id }) => ids === null || ids.includes(id));
    kernel.trash = kernel.trash.filter((row) => !gone.includes(row));
    held = held.map((code, i) => (gone.some(({ id }) => id === `a${i}`) ? 0 : code));
    sync();
    return { count: gone.length };
  });
  kernel.on("trash.empty", () => {
    const size = kernel.trash.length * 1000;
    kernel.trash = [];
    return { bytes: size };
  });
  sync();
  return kernel;
}

const tiles = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>("[role=gridcell]")];
const positions = (root: ParentNode) => tiles(root).map(({ dataset }) => Number(dataset.position));
const button = (root: ParentNode, name: string | RegExp) => {
  const found = [...root.querySelectorAll<HTMLButtonElement>("button")].find((one) => {
    const label = one.getAttribute("aria-label") ?? one.textContent ?? "";
    return typeof name === "string" ? label.trim() === name : name.test(label);
  });
  if (!found) throw new Error(`no button ${name}`);
  return found;
};
const spoken = (root: ParentNode) => [...root.querySelectorAll('[aria-live="polite"]')].at(-1)?.textContent ?? "";

async function openDialog(root: ParentNode): Promise<HTMLElement> {
  button(root, "More").click();
  await vi.waitFor(() => find(root, '[role="menu"]'));
  const item = [...root.querySelectorAll<HTMLElement>('[role="menuitem"]')].find(({ textContent }) =>
    textContent?.startsWith("Clean up…"),
  );
  item?.click();
  return vi.waitFor(() => find(root, "dialog.bgw-cleanup"));
}

describe("the trash in the grid", () => {
  let kernel: ReturnType<typeof trashKernel>;
  let root: HTMLElement;
  beforeEach(async () => {
    kernel = trashKernel(6, [1, 0, 2]);
    root = show(GalleryView, kernel);
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(6));
  });

  it("takes the selection with Delete, says so, and gives it back with undo", async () => {
    button(tiles(root)[1] as HTMLElement, "Select").click();
    button(tiles(root)[2] as HTMLElement, "Select").click();
    await vi.waitFor(() => expect(find(root, ".bgw-gallery-head").textContent).toContain("2 selected"));
    tiles(root)[1]?.focus();
    await userEvent.keyboard("{Delete}");
    await vi.waitFor(() => expect(positions(root)).toEqual([0, 3, 4, 5]));
    expect(asked(kernel, "trash.put")).toEqual([{ source: "b1", positions: [1, 2] }]);
    expect(find(root, ".bgw-gallery-head").textContent).toContain("4 results");
    expect(find(root, ".bgw-gallery-tools").textContent).toMatch(
      /All\s*4.*Favorites\s*1.*Unselected\s*3.*Discarded\s*0/s,
    );
    await vi.waitFor(() => expect(spoken(root)).toContain("2 results moved to the trash"));
    // The focus stays in the grid, on what took the place.
    expect(document.activeElement?.getAttribute("data-position")).toBe("3");

    await userEvent.keyboard("u");
    await vi.waitFor(() => expect(positions(root)).toEqual([0, 1, 2, 3, 4, 5]));
    expect(root.querySelector('[data-position="2"]')?.classList).toContain("bgw-is-discarded");
  });

  it("takes the tile with the focus where nothing is selected", async () => {
    tiles(root)[4]?.focus();
    await userEvent.keyboard("{Delete}");
    await vi.waitFor(() => expect(positions(root)).toEqual([0, 1, 2, 3, 5]));
  });

  it("leaves marks in the trash alone when all marks are cleared", async () => {
    kernel.set("asset_marks", bytes([1, 3, 2, 0, 0, 0]));
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(5));
    kernel.on("assets.clear_marks", () => ({}));
    button(root, "More").click();
    await vi.waitFor(() => find(root, '[role="menu"]'));
    [...root.querySelectorAll<HTMLElement>('[role="menuitem"]')]
      .find(({ textContent }) => textContent?.startsWith("Clear all marks"))
      ?.click();
    await vi.waitFor(() => expect(asked(kernel, "assets.clear_marks")).toHaveLength(1));
    expect(positions(root)).not.toContain(1);
  });

  it("says where everything is when all of it is in the trash", async () => {
    kernel.set("asset_marks", bytes([3, 3, 3, 3, 3, 3]));
    await vi.waitFor(() => expect(find(root, ".bgw-gallery-area").textContent).toContain("All in the trash"));
    expect(find(root, ".bgw-gallery-head").textContent).toContain("0 results");
  });

  it("stays when the kernel says no, which is told", async () => {
    kernel.on("trash.put", () => {
      throw new Error("a0: can't go to the trash while tasks that wait or run take it as an input");
    });
    tiles(root)[0]?.focus();
    await userEvent.keyboard("{Delete}");
    await vi.waitFor(() => expect(root.textContent).toContain("can't go to the trash while"));
    expect(positions(root)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

it("does nothing where nobody offers it, as on an exported page", async () => {
  const kernel = galleryKernel(3);
  const root = show(GalleryView, kernel);
  await vi.waitFor(() => expect(tiles(root)).toHaveLength(3));
  tiles(root)[0]?.focus();
  await userEvent.keyboard("{Delete}");
  expect(asked(kernel, "trash.put")).toEqual([]);
  expect(tiles(root)).toHaveLength(3);
});

it("shows a missing file in calm words", async () => {
  const kernel = galleryKernel(2);
  kernel.on("assets.thumbnails", async ({ positions: wanted }) => {
    const picture = await tinyPicture();
    return {
      result: { items: wanted.map((position) => ({ position, type: "image/png" })) },
      buffers: wanted.map((position) => (position === 1 ? bytes([]) : picture)),
    };
  });
  const { recordOf } = await import("./mountBatch");
  kernel.on("assets.get", ({ positions: wanted }) => ({
    records: wanted.map((position) => ({ ...recordOf(position), ...(position === 1 && { missing: true }) })),
  }));
  const root = show(GalleryView, kernel);
  await vi.waitFor(() => expect(find(root, '[data-position="1"]').textContent).toContain("File missing"));
  expect(find(root, '[data-position="1"]').getAttribute("aria-label")).toContain("File missing");
  expect(find(root, '[data-position="0"]').textContent).not.toContain("missing");
  expect(root.textContent).not.toContain("could not be shown");
  await expectAccessible(root);
});

describe("the clean-up dialog", () => {
  it("keeps only the favorites, once a person has said so twice", async () => {
    const kernel = trashKernel(5, [1, 0, 2, 1]);
    const root = show(GalleryView, kernel);
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(5));
    const dialog = await openDialog(root);
    await vi.waitFor(() => expect(dialog.textContent).toContain("2 favorites of this batch stay"));
    expect(dialog.textContent).toContain("3 other images, 3.0 kB, would go to the trash.");
    await expectAccessible(root);
    button(dialog, "Keep only favorites").click();
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("Cancel"));
    expect(asked(kernel, "cleanup.keep_favorites")).toEqual([]);
    button(dialog, "Move to trash").click();
    await vi.waitFor(() => expect(dialog.textContent).toContain("3 results moved to the trash."));
    await vi.waitFor(() => expect(dialog.querySelectorAll(".bgw-cleanup-row")).toHaveLength(3));
    expect(dialog.textContent).toContain("There is nothing but favorites");
    expect(positions(root)).toEqual([0, 3]);
  });

  it("restores one, some and all", async () => {
    const kernel = trashKernel(6);
    const root = show(GalleryView, kernel);
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(6));
    await kernel.request("trash.put", { source: "b1", positions: [0, 1, 2, 3, 4] });
    const dialog = await openDialog(root);
    await vi.waitFor(() => expect(dialog.querySelectorAll(".bgw-cleanup-row img")).toHaveLength(5));
    expect(dialog.textContent).toContain("no favorites; star what is to stay first");
    expect(dialog.textContent).toContain("5 results, 5.0 kB");
    await expectAccessible(root);
    button(dialog, "Restore 2_lake.png").click();
    await vi.waitFor(() => expect(dialog.querySelectorAll(".bgw-cleanup-row")).toHaveLength(4));
    expect(find(dialog, '[role="status"]').textContent).toBe("1 result restored.");
    find(dialog, '[aria-label="Choose 0_lake.png"]').click();
    find(dialog, '[aria-label="Choose 4_lake.png"]').click();
    await vi.waitFor(() => button(dialog, "Restore 2 chosen"));
    button(dialog, "Restore 2 chosen").click();
    await vi.waitFor(() => expect(positions(root)).toEqual([0, 2, 4, 5]));
    await vi.waitFor(() => button(dialog, "Restore all"));
    button(dialog, "Restore all").click();
    await vi.waitFor(() => expect(dialog.textContent).toContain("Nothing. Delete moves selected results here"));
    expect(tiles(root)).toHaveLength(6);
  });

  it("deletes for good only after a second word, and Escape takes the first one back", async () => {
    const kernel = trashKernel(3);
    const root = show(GalleryView, kernel);
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(3));
    await kernel.request("trash.put", { source: "b1", positions: [1] });
    const dialog = await openDialog(root);
    await vi.waitFor(() => button(dialog, "Delete for good…"));
    button(dialog, "Delete for good…").click();
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("Cancel"));
    expect(dialog.textContent).toContain("This can’t be undone.");
    await userEvent.keyboard("{Escape}");
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe("Delete for good…"));
    expect(root.querySelector("dialog.bgw-cleanup")).not.toBeNull();
    button(dialog, "Delete for good…").click();
    await vi.waitFor(() => button(dialog, "Delete for good"));
    button(dialog, "Delete for good").click();
    await vi.waitFor(() => expect(dialog.textContent).toContain("1.0 kB freed."));
    expect(asked(kernel, "trash.empty")).toHaveLength(1);
    expect(positions(root)).toEqual([0, 2]);
  });

  it("tells what went wrong and can be used on", async () => {
    const kernel = trashKernel(3);
    const root = show(GalleryView, kernel);
    await vi.waitFor(() => expect(tiles(root)).toHaveLength(3));
    await kernel.request("trash.put", { source: "b1", positions: [1] });
    kernel.on("trash.restore", () => {
      throw new Error("another kernel is busy with the trash of this project; try again in a moment");
    });
    const dialog = await openDialog(root);
    await vi.waitFor(() => button(dialog, "Restore all"));
    button(dialog, "Restore all").click();
    await vi.waitFor(() => expect(dialog.textContent).toContain("another kernel is busy"));
    expect(dialog.querySelectorAll(".bgw-cleanup-row")).toHaveLength(1);
  });
});
