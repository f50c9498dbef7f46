import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { answerLineage, lineageOf } from "../dev/lineage";
import { RequestError } from "../src/state/link";
import css from "../src/styles/lineage.css?inline";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { LineageDialog } from "../src/views/lineage/LineageDialog";
import { layoutLineage, NODE_HEIGHT, NODE_WIDTH, stepFrom } from "../src/views/lineage/layout";
import { asked, expectAccessible, find, galleryKernel, recordOf, show, tinyPicture } from "./mountBatch";
import { openDialog } from "./mountDialog";

function kernelWith(descendants: number): FakeKernel {
  const kernel = galleryKernel(6);
  answerLineage(kernel, descendants);
  kernel.on("assets.thumbnails_by_id", async ({ ids }) => ({
    result: { items: ids.map((id) => ({ id, type: "image/png" })) },
    buffers: await Promise.all(ids.map(() => tinyPicture())),
  }));
  kernel.on("history.show", () => ({}));
  return kernel;
}

const open = (kernel: FakeKernel, asset = "a0") =>
  openDialog(kernel, css, (model, _, close) => (
    <LineageDialog model={model} link={kernel} asset={asset} onClose={() => close()} />
  ));
const node = (root: HTMLElement, id: string) => find(root, `[data-node="${id}"]`);
const focused = () => (document.activeElement as HTMLElement | null)?.dataset["node"];
const button = (name: string) => page.getByRole("button", { name });

describe("the layout", () => {
  const overlaps = (lineage: ReturnType<typeof lineageOf>) => {
    const places = [...layoutLineage(lineage).places.values()];
    return places.some((one, i) =>
      places.some(
        (other, j) =>
          i < j && Math.abs(one.left - other.left) < NODE_WIDTH && Math.abs(one.top - other.top) < NODE_HEIGHT,
      ),
    );
  };

  it("has a column for each generation, from the first to the last", () => {
    const { columns, places, lines } = layoutLineage(lineageOf("a0", 3));
    expect(columns.map(({ generation }) => generation)).toEqual([-2, -1, 0, 1, 2]);
    expect(places.size).toBe(10);
    expect(lines).toHaveLength(11);
    for (const { edge } of lines) {
      expect(places.get(edge.parent)?.left).toBeLessThan(places.get(edge.child)?.left ?? 0);
    }
  });

  it("puts nothing on top of anything else, and everything into its bounds", () => {
    for (const descendants of [0, 1, 9, 10, 11, 190]) {
      const lineage = lineageOf("a0", descendants);
      expect(overlaps(lineage)).toBe(false);
      const { places, width, height } = layoutLineage(lineage);
      for (const { left, top } of places.values()) {
        expect(left + NODE_WIDTH).toBeLessThanOrEqual(width);
        expect(top + NODE_HEIGHT).toBeLessThanOrEqual(height + 0.5);
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("turns lines that would cross", () => {
    const lineage = lineageOf("a0", 0);
    // As given, sketch-1 above goes to poster-2 below, and sketch-2 to poster-1.
    const { places } = layoutLineage(lineage);
    const above = (one: string, other: string) => (places.get(one)?.top ?? 0) < (places.get(other)?.top ?? 0);
    expect(above("sketch-1", "sketch-2")).toBe(above("poster-2", "poster-1"));
  });

  it("keeps lines that skip a generation off its nodes", () => {
    const { lines, columns } = layoutLineage(lineageOf("a0", 3));
    const line = lines.find(({ edge }) => edge.parent === "a0" && edge.child === "sound-1");
    const y = Number(/ ([\d.]+)H/.exec(line?.path ?? "")?.[1]);
    const tops = columns[3]?.nodes.map(({ top }) => top) ?? [];
    expect(tops).toHaveLength(3);
    for (const top of tops) expect(y < top || y > top + NODE_HEIGHT).toBe(true);
  });

  it("bears results that were made from each other, and steps that lead nowhere", () => {
    const circle = lineageOf("a0", 1);
    circle.edges.push(
      { parent: "clip-0", child: "a0", parameters: [] },
      { parent: "a0", child: "gone", parameters: [] },
    );
    const { lines } = layoutLineage(circle);
    expect(lines.filter(({ path }) => path.includes("NaN"))).toEqual([]);
    expect(lines.map(({ edge }) => edge.child)).not.toContain("gone");
  });

  it("steps along lines", () => {
    const layout = layoutLineage(lineageOf("a0", 3));
    expect(stepFrom(layout, "clip-0", "ArrowRight")).toBe("sound-1");
    expect(stepFrom(layout, "sound-1", "ArrowLeft")).toBe("clip-0");
    expect(stepFrom(layout, "clip-0", "ArrowLeft")).toBe("a0");
    expect(stepFrom(layout, "sound-1", "ArrowRight")).toBe("sound-1");
    expect(stepFrom(layout, "sound-1", "ArrowDown")).toBe("sound-1");
    const wide = layoutLineage(lineageOf("a0", 190));
    const begin = stepFrom(wide, "a0", "ArrowRight");
    expect(wide.places.get(begin)?.part).toBe(0);
    expect(wide.places.get(stepFrom(wide, begin, "ArrowRight"))?.part).toBe(1);
  });
});

describe("the lineage of a result", () => {
  it("is a list of generations for those who hear it, and is accessible", async () => {
    const { root } = await open(kernelWith(3));
    await expect.element(page.getByText("5 ancestors, 4 descendants")).toBeVisible();
    const generations = [...root.querySelectorAll("ol > li")].map((item) => [
      find(item as HTMLElement, "h4").textContent,
      item.querySelectorAll("ul > li").length,
    ]);
    expect(generations).toEqual([
      ["2 steps before", 3],
      ["Made from", 2],
      ["This result", 1],
      ["Used for", 3],
      ["2 steps on", 1],
    ]);
    expect(node(root, "a0").textContent).toBe(
      "a0.png upscale, favorite, made from poster-1.png as image, made from poster-2.png as reference",
    );
    expect(node(root, "poster-2").textContent).toContain("poster-2.png In the trash, poster, made from");
    expect(node(root, "style-9").textContent).toContain("No longer here");
    expect([...root.querySelectorAll("svg text")].map((text) => text.textContent)).toContain("init image, mask");
    await expect.poll(() => node(root, "poster-1").querySelector("img")).toBeTruthy();
    await expectAccessible(root);
  });

  it("shows names that try to be more as text", async () => {
    const { root } = await open(kernelWith(0));
    await expect.poll(() => root.querySelector("[data-node]")).toBeTruthy();
    expect(node(root, "sketch-1").textContent).toContain("<b>fox</b>");
    expect(root.querySelector("b")).toBeNull();
  });

  it("moves by arrow keys, and looks from another result with Enter and back", async () => {
    const kernel = kernelWith(3);
    const { root } = await open(kernel);
    await expect.poll(() => root.querySelector("[data-node]")).toBeTruthy();
    node(root, "a0").focus();
    await userEvent.keyboard("{ArrowRight}{ArrowUp}{ArrowUp}{ArrowRight}");
    expect(focused()).toBe("sound-1");
    await userEvent.keyboard("{ArrowLeft}");
    expect(focused()).toBe("clip-0");
    expect(root.querySelectorAll('[data-node][tabindex="0"]')).toHaveLength(1);
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => asked(kernel, "lineage.get").at(-1)).toEqual({ asset: "clip-0" });
    await expect.poll(() => node(root, "clip-0").ariaCurrent).toBe("true");
    await expect.poll(focused).toBe("clip-0");
    await button("Back to the result before").click();
    await expect.poll(() => node(root, "a0").ariaCurrent).toBe("true");
  });

  it("shows the batch of what is chosen; not of what is gone", async () => {
    const kernel = kernelWith(1);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), offers: ["history", "lineage"] });
    const { root, closed } = await open(kernel);
    await expect.poll(() => root.querySelector("[data-node]")).toBeTruthy();
    await userEvent.click(node(root, "style-9"));
    await expect.element(button("Show its batch")).toHaveAttribute("aria-disabled", "true");
    await expect.element(button("Look from here")).toHaveAttribute("aria-disabled", "true");
    await userEvent.click(node(root, "poster-1"));
    await button("Show its batch").click();
    await expect.poll(() => closed.length).toBe(1);
    expect(asked(kernel, "history.show")).toEqual([{ batch: "b1" }]);
  });

  it("says how many are left out, and asks for pictures only near what is on screen", async () => {
    const kernel = kernelWith(230);
    const { root } = await open(kernel);
    await expect.element(page.getByText("5 ancestors, 191 descendants, and 40 more")).toBeVisible();
    await expect.poll(() => root.querySelectorAll(".bgw-node img").length).toBeGreaterThan(10);
    const ids = new Set(asked(kernel, "assets.thumbnails_by_id").flatMap((one) => one.ids));
    expect(ids.size).toBeLessThan(120);
    expect(ids.has("style-9")).toBe(false);
    const before = node(root, "a0").getBoundingClientRect().width;
    await button("Smaller").click();
    await expect.poll(() => node(root, "a0").getBoundingClientRect().width).toBeLessThan(before);
    await expectAccessible(root);
  });

  it("says so where there are no relatives", async () => {
    const { root } = await open(kernelWith(0), "a7");
    await expect.element(page.getByText("No relatives")).toBeVisible();
    await expectAccessible(root);
  });

  it("tells why it can't be read, and tries again", async () => {
    const kernel = kernelWith(0);
    kernel.on("lineage.get", () => {
      throw new RequestError("ProjectError", "a0: no such asset");
    });
    const { root } = await open(kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("a0: no such asset");
    kernel.on("lineage.get", ({ asset }) => lineageOf(asset, 0));
    await button("Try again").click();
    await expect.poll(() => root.querySelector("[data-node]")).toBeTruthy();
  });
});

describe("in the gallery", () => {
  it("opens from the menu, for the one that is selected", async () => {
    const kernel = kernelWith(2);
    const root = show(GalleryView, kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-tile img").length).toBe(6);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: /Lineage/ }).click();
    await expect.poll(() => asked(kernel, "lineage.get")).toEqual([{ asset: "a0" }]);
    await expect.poll(() => root.querySelector("[data-node]")).toBeTruthy();
  });

  it("is linked from the details of a result that has relatives, and gives the focus back", async () => {
    const kernel = kernelWith(2);
    const root = show(GalleryView, kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-tile img").length).toBe(6);
    find(root, '[data-position="1"]').click();
    await expect.element(page.getByText("made from 2, used for 3")).toBeVisible();
    await button("Lineage").click();
    await expect.poll(() => root.querySelector(".bgw-lineage [data-node]")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => root.querySelector(".bgw-lineage")).toBeNull();
    expect(document.activeElement?.textContent).toBe("Lineage");
    await expectAccessible(root);
  });

  it("opens for what a result was made from, from its details", async () => {
    const kernel = kernelWith(0);
    kernel.on("assets.get", ({ positions }) => ({
      records: positions.map((position) => ({
        ...recordOf(position),
        parents: [{ id: "poster-1", name: "poster-1.png", position: null }],
      })),
    }));
    const root = show(GalleryView, kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-tile img").length).toBe(6);
    find(root, '[data-position="1"]').click();
    await button("poster-1.png").click();
    await expect.poll(() => asked(kernel, "lineage.get").at(-1)).toEqual({ asset: "poster-1" });
    await expect.poll(() => root.querySelector(".bgw-lineage")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => root.querySelector(".bgw-lineage")).toBeNull();
    expect(document.activeElement?.textContent).toBe("poster-1.png");
  });

  it("is not linked from a result without relatives", async () => {
    const kernel = kernelWith(0);
    kernel.on("lineage.get", ({ asset }) => ({ ...lineageOf("a7", 0), asset }));
    const root = show(GalleryView, kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-tile img").length).toBe(6);
    find(root, '[data-position="1"]').click();
    await expect.poll(() => asked(kernel, "lineage.get").length).toBe(1);
    await expect.element(page.getByRole("region", { name: "Details" })).toBeVisible();
    expect(button("Lineage").query()).toBeNull();
  });
});
