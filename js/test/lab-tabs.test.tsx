import { type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { answerHistory } from "../dev/history";
import { answerLineage } from "../dev/lineage";
import type { OpenView, ViewSource } from "../src/lab/model";
import { css, ViewTab, type ViewTabProps } from "../src/lab/tabs";
import type { KernelLink } from "../src/state/link";
import { SHOW_ALL } from "../src/state/query";
import { asked, batchKernel, expectAccessible, find, frames, galleryKernel, repeat, tinyPicture } from "./mountBatch";

interface FakeView extends OpenView {
  readonly link: Signal<KernelLink | null>;
  readonly state: Signal<"connecting" | "live" | "gone">;
  readonly message: Signal<string | null>;
}

const viewOf = (link: KernelLink | null): FakeView => ({
  link: signal(link),
  state: signal(link ? "live" : "connecting"),
  message: signal(null),
});

const SESSION = { kind: "session", kernel: "k", session: "s", project: "p", generator: "poster" } as const;
const GALLERY: ViewSource = { ...SESSION, view: "gallery" };
const LINEAGE: ViewSource = { ...SESSION, view: "lineage" };
const PROGRESS: ViewSource = { ...SESSION, view: "progress" };
const ARCHIVE: ViewSource = { kind: "archive", path: "exports/harbour.batchgen" };

const mounted: HTMLElement[] = [];
afterEach(() => {
  for (const root of mounted.splice(0)) {
    render(null, root);
    root.remove();
  }
});

function open(props: ViewTabProps, width = 800, height = 600): HTMLElement {
  const root = document.createElement("div");
  root.className = "bgw-root";
  // As the shell of JupyterLab does: the tab's root has the size of the tab.
  root.style.width = `${width}px`;
  const frame = document.createElement("div");
  frame.style.height = `${height}px`;
  frame.append(root);
  document.body.append(frame);
  mounted.push(frame);
  render(
    <>
      <style>{css}</style>
      <ViewTab {...props} />
    </>,
    root,
  );
  return root;
}

const area = (root: HTMLElement) => find(root, ".bgw-gallery-area");
const bottom = (element: HTMLElement) => element.getBoundingClientRect().bottom;

describe("a view in a tab", () => {
  it("hears whether it is on screen", async () => {
    const told: boolean[] = [];
    const view = { ...viewOf(galleryKernel(4)), setOnScreen: (onScreen: boolean) => told.push(onScreen) };
    const root = open({ view, source: GALLERY });
    await expect.poll(() => told).toEqual([true]);
    // As the shell of JupyterLab hides a tab.
    root.style.display = "none";
    await expect.poll(() => told).toEqual([true, false]);
    root.style.display = "";
    await expect.poll(() => told).toEqual([true, false, true]);
  });

  it("waits calmly, then shows what it is of", async () => {
    const view = viewOf(null);
    const root = open({ view, source: GALLERY });
    expect(root.textContent).not.toContain("Waiting");
    await expect.element(page.getByText("Waiting for the kernel…")).toBeVisible();
    await expectAccessible(root);
    view.link.value = galleryKernel(4);
    view.state.value = "live";
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(4);
  });

  it("says why there is nothing to show, and what can be done", async () => {
    const view = viewOf(null);
    view.state.value = "gone";
    view.message.value = "The kernel has ended.";
    const root = open({ view, source: GALLERY });
    await expect.element(page.getByText("The kernel has ended.")).toBeVisible();
    await expect.element(page.getByText(/Run the notebook again/)).toBeVisible();
    await expectAccessible(root);
  });

  it("keeps what it showed when that is gone, out of reach, and takes it up again", async () => {
    const view = viewOf(galleryKernel(4));
    const root = open({ view, source: GALLERY });
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(4);
    view.message.value = "The kernel has ended.";
    view.state.value = "gone";
    await expect.element(page.getByRole("status").filter({ hasText: "The kernel has ended." })).toBeVisible();
    expect(root.querySelectorAll("[data-position]")).toHaveLength(4);
    expect(find(root, ".bgw-tab-view").inert).toBe(true);
    find(root, '[data-position="0"]').focus();
    expect(document.activeElement).toBe(document.body);
    await expectAccessible(root);
    // The link may go with the kernel.
    view.link.value = null;
    await frames();
    expect(root.querySelectorAll("[data-position]")).toHaveLength(4);
    view.link.value = galleryKernel(5);
    view.state.value = "live";
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(5);
    expect(find(root, ".bgw-tab-view").inert).toBe(false);
  });

  it("holds nobody in a dialog of what is gone", async () => {
    const view = viewOf(galleryKernel(4));
    const root = open({ view, source: GALLERY });
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(4);
    find(root, '[data-position="1"]').click();
    await expect.element(page.getByRole("heading", { name: "0001_lake.png" })).toBeVisible();
    view.state.value = "connecting";
    await frames();
    expect(root.querySelector("dialog")?.matches(":modal")).toBe(true);
    view.state.value = "gone";
    await expect.poll(() => root.querySelector("dialog")).toBeNull();
  });

  it("keeps the view and the query when it has connected again to the same", async () => {
    const first = galleryKernel(6, [0, 1, 1]);
    const view = viewOf(first);
    const root = open({ view, source: GALLERY });
    await page.getByRole("radio", { name: /Favorites/ }).click();
    await expect.poll(() => asked(first, "query.set").length).toBe(1);
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(2);
    await page.getByRole("button", { name: /Filters/ }).click();
    view.state.value = "connecting";
    await expect.element(page.getByText("Connecting again…")).toBeVisible();
    const second = galleryKernel(6, [0, 1, 1]);
    view.link.value = second;
    view.state.value = "live";
    await expect
      .poll(() => asked(second, "query.set"))
      .toEqual([{ source: "b1", query: { ...SHOW_ALL, mark: "favorite" } }]);
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(2);
    expect(root.querySelector(".bgw-filters")).not.toBeNull();
  });

  it("shows everything where it has connected to something else", async () => {
    const first = galleryKernel(6, [0, 1, 1]);
    const view = viewOf(first);
    const root = open({ view, source: GALLERY });
    await page.getByRole("radio", { name: /Favorites/ }).click();
    await expect.poll(() => asked(first, "query.set").length).toBe(1);
    const second = galleryKernel(6);
    second.set("gallery", { ...second.trait("gallery").peek(), source: "b2" });
    view.link.value = second;
    await expect.poll(() => root.querySelectorAll("[data-position]").length).toBe(6);
    expect(asked(second, "query.set")).toEqual([]);
  });
});

describe("the room of a tab", () => {
  for (const width of [300, 800, 2000]) {
    it(`is filled by the gallery at ${width} pixels, and followed`, async () => {
      const view = viewOf(galleryKernel(400));
      const root = open({ view, source: GALLERY }, width, 700);
      await expect.poll(() => root.querySelectorAll("[data-position]").length).toBeGreaterThan(2);
      const frame = root.parentElement as HTMLElement;
      const left = () => bottom(frame) - bottom(area(root));
      await expect.poll(() => left() >= 0 && left() < 20).toBe(true);
      expect(root.scrollWidth).toBeLessThanOrEqual(width);
      const rows = root.querySelectorAll('[role="row"]').length;
      frame.style.height = "1000px";
      await expect.poll(() => left() >= 0 && left() < 20).toBe(true);
      await expect.poll(() => root.querySelectorAll('[role="row"]').length).toBeGreaterThan(rows);
    });
  }

  it("has the filters beside the tiles as tall as those, and above them where it is narrow", async () => {
    const root = open({ view: viewOf(galleryKernel(400)), source: GALLERY }, 900, 640);
    await page.getByRole("button", { name: /Filters/ }).click();
    await expect.poll(() => root.querySelector(".bgw-filters")).not.toBeNull();
    const panel = find(root, ".bgw-filters");
    expect(Math.abs(panel.getBoundingClientRect().height - area(root).getBoundingClientRect().height)).toBeLessThan(12);
    root.style.width = "420px";
    await expect.poll(() => bottom(panel) <= area(root).getBoundingClientRect().top).toBe(true);
    expect(area(root).clientHeight).toBeGreaterThanOrEqual(200);
  });

  it("is filled by the tasks of the progress display", async () => {
    const kernel = batchKernel(repeat(60, (i) => (i < 2 ? 1 : 0)));
    const root = open({ view: viewOf(kernel), source: PROGRESS }, 800, 700);
    await expect.poll(() => root.querySelectorAll(".bgw-task").length).toBeGreaterThan(6);
    const frame = root.parentElement as HTMLElement;
    expect(Math.abs(bottom(frame) - bottom(find(root, ".bgw-tasks-area")))).toBeLessThan(2);
    expect(find(root, ".bgw-tasks-area").clientHeight).toBeGreaterThan(400);
  });
});

describe("an archive in a tab", () => {
  function archive(batches: number): FakeKernel {
    const kernel = galleryKernel(6);
    answerHistory(kernel, batches);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), title: "harbour", read_only: true });
    kernel.on("history.show", () => ({}));
    return kernel;
  }

  it("says which, and lets one of its batches be chosen", async () => {
    const kernel = archive(3);
    const root = open({ view: viewOf(kernel), source: ARCHIVE });
    await expect.element(page.getByRole("heading", { name: "harbour.batchgen" })).toBeVisible();
    await expect.element(page.getByLabelText("Batch")).toBeVisible();
    const select = find(root, ".bgw-tab-batches") as HTMLSelectElement;
    expect(select.options).toHaveLength(4);
    await userEvent.selectOptions(select, select.options[1] as HTMLOptionElement);
    const [chosen] = asked(kernel, "history.show");
    expect(chosen?.batch).toBe(select.options[1]?.value);
    await userEvent.selectOptions(select, "");
    expect(asked(kernel, "history.show").at(-1)).toEqual({ batch: null });
    await expectAccessible(root);
  });

  it("has nothing to choose where it has one", async () => {
    const kernel = archive(1);
    const root = open({ view: viewOf(kernel), source: ARCHIVE });
    await expect.poll(() => asked(kernel, "history.get").length).toBe(1);
    await frames(4);
    expect(root.querySelector(".bgw-tab-batches")).toBeNull();
  });

  it("says where a batch of a project is from", async () => {
    const kernel = archive(3);
    const held = { created_at: 1000, generator: "poster", newer: false };
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), held });
    open({ view: viewOf(kernel), source: { kind: "batch", path: "studies/a", batch: "b1" } });
    await expect.element(page.getByRole("heading", { name: "poster" })).toBeVisible();
    expect(asked(kernel, "history.get")).toEqual([]);
  });
});

describe("lineages in a tab", () => {
  function kernelWith(total: number): FakeKernel {
    const kernel = galleryKernel(total);
    answerLineage(kernel, 3);
    kernel.on("assets.thumbnails_by_id", async ({ ids }) => ({
      result: { items: ids.map((id) => ({ id, type: "image/png" })) },
      buffers: await Promise.all(ids.map(() => tinyPicture())),
    }));
    return kernel;
  }
  const options = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>('[role="option"]')];
  const chosen = (root: HTMLElement) => root.querySelector('[aria-selected="true"]')?.getAttribute("aria-posinset");

  it("show the first result's, and then that of the one that is chosen, by pointer or key", async () => {
    const kernel = kernelWith(400);
    const root = open({ view: viewOf(kernel), source: LINEAGE });
    await expect.poll(() => root.querySelector('[data-node="a0"]')).not.toBeNull();
    options(root)[2]?.click();
    await expect.poll(() => root.querySelector('[data-node="a2"][aria-current="true"]')).not.toBeNull();
    options(root)[2]?.focus();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => chosen(root)).toBe("4");
    expect(document.activeElement?.getAttribute("aria-posinset")).toBe("4");
    await userEvent.keyboard("{End}");
    await expect.poll(() => chosen(root)).toBe("400");
    await expect.poll(() => document.activeElement?.getAttribute("aria-posinset")).toBe("400");
    await expect.poll(() => root.querySelector('[data-node="a399"]')).not.toBeNull();
    await userEvent.keyboard("{Home}");
    await expect.poll(() => chosen(root)).toBe("1");
    // Only what is on screen exists, and is asked for.
    expect(options(root).length).toBeLessThan(30);
    expect(asked(kernel, "assets.thumbnails").flatMap(({ positions }) => positions)).not.toContain(200);
    await expectAccessible(root);
  });

  it("lead to a relative's batch", async () => {
    const onOpenBatch = vi.fn();
    const root = open({ view: viewOf(kernelWith(6)), source: LINEAGE, onOpenBatch });
    await expect.poll(() => root.querySelector('[data-node="poster-1"]')).not.toBeNull();
    find(root, '[data-node="poster-1"]').click();
    await page.getByRole("button", { name: "Show its batch" }).click();
    expect(onOpenBatch).toHaveBeenCalledWith(expect.objectContaining({ id: "b1", generator: "poster" }));
  });

  it("offer no batch where nobody can open one", async () => {
    const root = open({ view: viewOf(kernelWith(6)), source: LINEAGE });
    await expect.poll(() => root.querySelector('[data-node="a0"]')).not.toBeNull();
    expect(page.getByRole("button", { name: "Show its batch" }).query()).toBeNull();
  });

  it("follow the active batch, and begin it at its first result", async () => {
    const kernel = kernelWith(6);
    const root = open({ view: viewOf(kernel), source: LINEAGE });
    await expect.poll(() => options(root).length).toBe(6);
    options(root)[3]?.click();
    await expect.poll(() => chosen(root)).toBe("4");
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), source: "b2", total: 3 });
    await expect.poll(() => options(root).length).toBe(3);
    expect(chosen(root)).toBe("1");
  });

  it("leave out what is in the trash, and go on with its neighbour", async () => {
    const kernel = kernelWith(3);
    const root = open({ view: viewOf(kernel), source: LINEAGE });
    await expect.poll(() => options(root).length).toBe(3);
    options(root)[2]?.click();
    await expect.poll(() => root.querySelector('[data-node="a2"]')).not.toBeNull();
    kernel.set("asset_marks", new DataView(Uint8Array.from([0, 0, 3]).buffer));
    await expect.poll(() => options(root).length).toBe(2);
    await expect.poll(() => root.querySelector('[data-node="a1"]')).not.toBeNull();
    kernel.set("asset_marks", new DataView(Uint8Array.from([3, 3, 3]).buffer));
    await expect.element(page.getByText("All in the trash")).toBeVisible();
  });

  it("wait for results", async () => {
    const kernel = kernelWith(0);
    const root = open({ view: viewOf(kernel), source: LINEAGE });
    await expect.element(page.getByText("No results yet")).toBeVisible();
    await expectAccessible(root);
  });

  it("keep within a narrow tab", async () => {
    const root = open({ view: viewOf(kernelWith(40)), source: LINEAGE }, 300, 500);
    await expect.poll(() => root.querySelector('[data-node="a0"]')).not.toBeNull();
    expect(root.scrollWidth).toBeLessThanOrEqual(300);
    const frame = root.parentElement as HTMLElement;
    expect(bottom(find(root, ".bgw-lineage-foot"))).toBeLessThanOrEqual(bottom(frame) + 1);
    expect(find(root, ".bgw-lineage-area").clientHeight).toBeGreaterThan(100);
  });
});
