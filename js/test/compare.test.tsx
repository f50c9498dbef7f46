import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { viewer } from "../src/parts";
import { CompareDialog } from "../src/views/compare/CompareDialog";
import { describeDifference } from "../src/views/compare/difference";
import { compareRecords } from "../src/views/compare/facts";
import { columnsFor } from "../src/views/compare/layout";
import { mediaKernel, picture, sound, type TestAsset } from "./mediaKernel";
import { asked, close, expectAccessible, find, frames, recordOf, watchUrls } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

const button = (name: string) => page.getByRole("button", { name, exact: true });
const mode = (name: string) => page.getByRole("radio", { name, exact: true });

function openCompare(kernel: FakeKernel, positions?: number[]) {
  const { total } = kernel.trait("gallery").peek();
  return openDialog(kernel, viewer.ready?.css, (model, actions, onClose) => (
    <CompareDialog
      model={model}
      positions={positions ?? Array.from({ length: total }, (_, i) => i)}
      actions={actions}
      onClose={onClose}
    />
  ));
}

const image = async (width: number, height: number, colour = "#446688", type = "image/png"): Promise<TestAsset> => ({
  kind: "image",
  file: await picture(
    width,
    height,
    (context) => {
      context.fillStyle = colour;
      context.fillRect(0, 0, width, height);
    },
    type,
  ),
  record: { width, height },
});

const images = async (count: number) =>
  mediaKernel(await Promise.all(Array.from({ length: count }, () => image(600, 400))));

const assetsIn = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>("[data-asset]")].map(({ dataset }) => Number(dataset["asset"]));
const pictures = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>(".bgw-zoom-picture")];
/** The largest and the mean of a canvas' first pixels, without what brightens it. */
const pixel = (root: HTMLElement) => {
  const canvas = find(root, "canvas") as HTMLCanvasElement;
  return [...(canvas.getContext("2d")?.getImageData(0, 0, 1, 1).data ?? [])];
};
const note = (root: HTMLElement) => find(root, ".bgw-is-difference .bgw-stage-note").textContent;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("side by side", () => {
  it.each([2, 3, 9])("shows %i images, each with its marks, accessibly", async (count) => {
    const { root } = await openCompare(await images(count));
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(count);
    await expect.poll(() => root.querySelector(".bgw-compare-table tbody")).not.toBeNull();
    expect(assetsIn(root)).toEqual(Array.from({ length: count }, (_, i) => i));
    await expectAccessible(root);
  });

  it("has the focus, and goes with Escape", async () => {
    const { root, closed } = await openCompare(await images(2));
    expect(dialogIn(root).contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => closed).toHaveLength(1);
  });

  it("focuses by number and by arrow key, and marks the one that has the focus", async () => {
    const kernel = await images(3);
    const { root } = await openCompare(kernel);
    await userEvent.keyboard("3fx");
    expect(document.activeElement).toBe(find(root, '[data-asset="2"]'));
    await userEvent.keyboard("{ArrowLeft}f7");
    expect(document.activeElement).toBe(find(root, '[data-asset="1"]'));
    expect(asked(kernel, "assets.mark").map(({ positions, mark }) => [positions[0], mark])).toEqual([
      [2, "favorite"],
      [2, "discarded"],
      [1, "favorite"],
    ]);
    await expect.element(button("Favorite 2")).toHaveAttribute("aria-pressed", "true");
    await button("Discard 1").click();
    expect(asked(kernel, "assets.mark").at(-1)?.positions).toEqual([0]);
    await userEvent.keyboard("u");
    expect(asked(kernel, "assets.undo")).toHaveLength(1);
  });

  it("puts one first, and removes one down to two, with the focus on what takes its place", async () => {
    const { root } = await openCompare(await images(3));
    await button("Make 3 the first").click();
    expect(assetsIn(root)).toEqual([2, 0, 1]);
    await button("Remove 2 from the comparison").click();
    await expect.poll(() => assetsIn(root)).toEqual([2, 1]);
    expect(document.activeElement).toBe(find(root, '[data-asset="1"]'));
    expect(root.querySelector('[aria-label^="Remove"]')).toBeNull();
    await button("Swap").click();
    await expect.poll(() => assetsIn(root)).toEqual([1, 2]);
    await userEvent.keyboard("{Delete}");
    expect(assetsIn(root)).toEqual([1, 2]);
  });

  it("zooms and moves all together, also pictures of other sizes", async () => {
    const kernel = await mediaKernel([await image(2000, 1500), await image(1000, 750), await image(500, 375)]);
    const { root } = await openCompare(kernel);
    await expect.poll(() => find(root, ".bgw-zoom-level").textContent).toMatch(/^\d\d %$/);
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(3);
    await userEvent.keyboard("z{ArrowRight}{ArrowDown}");
    await expect.poll(() => find(root, ".bgw-zoom-level").textContent).toBe("100 %");
    await frames();
    const places = pictures(root).map((one) => {
      const box = one.getBoundingClientRect();
      const pane = one.parentElement?.getBoundingClientRect() ?? box;
      return [box.left - pane.left, box.top - pane.top, box.width].map(Math.round);
    });
    expect(places[1]).toEqual(places[0]);
    expect(places[2]).toEqual(places[0]);
    expect(places[0]?.[2]).toBeGreaterThan(1000);
  });

  it("holds nine files at once, and lets go of them all", async () => {
    const left = watchUrls();
    const { root } = await openCompare(await images(9));
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(9);
    close(root);
    await expect.poll(left).toBe(0);
  });

  it("fetches two files at a time, so that the first are there first", async () => {
    const kernel = await images(5);
    const held: (() => void)[] = [];
    const file = (await image(20, 20)).file;
    kernel.on("assets.media", async ({ offset }) => {
      await new Promise<void>((resolve) => held.push(resolve));
      const buffers = [new DataView(await file.arrayBuffer())];
      return { result: { size: file.size, type: file.type, offset, next: null }, buffers };
    });
    const { root } = await openCompare(kernel);
    await expect.poll(() => held.length).toBe(2);
    await frames(3);
    expect(asked(kernel, "assets.media").map(({ position }) => position)).toEqual([0, 1]);
    held[0]?.();
    await expect.poll(() => asked(kernel, "assets.media").map(({ position }) => position)).toEqual([0, 1, 2]);
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(1);
    for (let at = 1; at < 5; at += 1) {
      await expect.poll(() => held.length).toBeGreaterThan(at);
      held[at]?.();
    }
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(5);
  });
});

describe("swipe", () => {
  it("moves its divider by key and by pointer, and marks both", async () => {
    const kernel = await images(2);
    const { root } = await openCompare(kernel);
    await userEvent.keyboard("s");
    const divider = find(root, '[role="slider"]');
    expect(divider.getAttribute("aria-valuenow")).toBe("50");
    const over = find(root, ".bgw-swipe-over");
    divider.focus();
    await userEvent.keyboard("{ArrowRight}{Shift>}{ArrowRight}{/Shift}");
    expect(divider.getAttribute("aria-valuenow")).toBe("62");
    expect(over.style.clipPath).toContain("62%");
    await userEvent.keyboard("{Home}");
    expect(divider.getAttribute("aria-valuenow")).toBe("0");
    await userEvent.keyboard("{End}");
    const { left, width, top, height } = find(root, ".bgw-swipe").getBoundingClientRect();
    const captured = new Set<number>();
    divider.setPointerCapture = (id) => void captured.add(id);
    divider.hasPointerCapture = (id) => captured.has(id);
    const at = { clientY: top + height / 2, pointerId: 7, bubbles: true, button: 0 };
    divider.dispatchEvent(new PointerEvent("pointerdown", { ...at, clientX: left + width }));
    divider.dispatchEvent(new PointerEvent("pointermove", { ...at, clientX: left + width * 0.25 }));
    await expect.poll(() => divider.getAttribute("aria-valuenow")).toBe("25");
    await expectAccessible(root);
    await button("Favorite 2").click();
    expect(asked(kernel, "assets.mark")[0]?.positions).toEqual([1]);
    await userEvent.keyboard("g");
    expect(root.querySelector('[aria-label="Divider"]')).toBeNull();
  });

  it("is for two only", async () => {
    const { root } = await openCompare(await images(3));
    expect(mode("Swipe").query()).toBeNull();
    await userEvent.keyboard("s");
    expect(root.querySelector('[aria-label="Divider"]')).toBeNull();
  });
});

describe("difference", () => {
  it("shows how far colours are apart, and says how much", async () => {
    const { root } = await openCompare(
      await mediaKernel([await image(300, 200, "#102030"), await image(300, 200, "#0c2838")]),
    );
    await mode("Difference").click();
    await expect.poll(() => note(root)).toBe("100 % of the pixels differ, by 5 of 255 on average and by 8 at most.");
    expect(pixel(root)).toEqual([4, 8, 8, 255]);
    // As bright as it can be: 8 times 16 is less than 255, 8 times 32 is not.
    expect(find(root, "canvas").style.filter).toBe("brightness(16)");
    const gain = page.getByRole("slider", { name: "Brighten" });
    await gain.fill("0");
    await expect.poll(() => find(root, "canvas").style.filter).toBe("brightness(1)");
    await expectAccessible(root);
  });

  it("says when they are identical", async () => {
    const { root } = await openCompare(await mediaKernel([await image(300, 200), await image(300, 200)]));
    await userEvent.keyboard("d");
    await expect.poll(() => note(root)).toBe("Identical: every pixel is the same.");
    expect(pixel(root)).toEqual([0, 0, 0, 255]);
  });

  it("compares the files themselves, and not what was made for the screen", async () => {
    const same = (await image(300, 200, "#808080")).file;
    const [one, other] = [await image(300, 200, "#102030"), await image(300, 200, "#102031")];
    const kernel = await mediaKernel([
      { ...one, file: same, original: one.file },
      { ...other, file: same, original: other.file },
    ]);
    const { root } = await openCompare(kernel);
    await userEvent.keyboard("d");
    await expect.poll(() => note(root)).toContain("by 1 at most");
    expect(pixel(root)).toEqual([0, 0, 1, 255]);
  });

  it("says what it did where sizes differ, and where a file can't be read", async () => {
    const unread = { ...(await image(200, 150)), original: new Blob(["no picture"], { type: "image/tiff" }) };
    const { root } = await openCompare(await mediaKernel([await image(300, 200), unread]));
    await userEvent.keyboard("d");
    await expect.poll(() => note(root)).toContain("Scaled from 200 × 150 to 300 × 200 for this.");
    expect(note(root)).toContain("The copies for the screen were compared, not the files.");
  });

  it("holds several against the first", async () => {
    const kernel = await mediaKernel([await image(90, 60), await image(90, 60), await image(90, 60, "#446689")]);
    const { root } = await openCompare(kernel);
    await userEvent.keyboard("d");
    const notes = () => [...root.querySelectorAll(".bgw-is-difference .bgw-stage-note")].map((one) => one.textContent);
    await expect
      .poll(notes)
      .toEqual([
        "Identical: every pixel is the same.",
        expect.stringMatching(/^100 % of the pixels differ, by 0.25 of/),
      ]);
    // Another first one, and the same pictures say the other thing.
    await userEvent.keyboard("3r");
    await expect.poll(notes).toEqual([expect.stringMatching(/^100 %/), expect.stringMatching(/^100 %/)]);
  });

  it("keeps the page alive with two pictures of a million pixels", async () => {
    const long: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) long.push(duration);
    });
    const { root } = await openCompare(
      await mediaKernel([await image(1024, 1024), await image(1024, 1024, "#446789")]),
    );
    await expect.poll(() => root.querySelectorAll(".bgw-stage-image").length).toBe(2);
    await frames(10);
    observer.observe({ entryTypes: ["longtask"] });
    await userEvent.keyboard("d");
    await expect.poll(() => note(root)).toContain("100 %");
    observer.disconnect();
    // Ten times of what counts as long, since test machines are busy; in one piece it would be far more.
    expect(Math.max(0, ...long)).toBeLessThan(500);
  });

  it("is for images only", async () => {
    await openCompare(await mediaKernel([{ kind: "audio", file: sound(1) }, await image(90, 60)]));
    await frames(3);
    expect(mode("Difference").query()).toBeNull();
    expect(mode("Swipe").query()).toBeNull();
  });

  it("counts few pixels and gives many as a share", () => {
    expect(describeDifference({ changed: 1, pixels: 1e6, mean: 1e-5, largest: 9 }).join("")).toBe(
      "1 of 1000000 pixels differs, by 0.00001 of 255 on average and by 9 at most.",
    );
    expect(describeDifference({ changed: 123_456, pixels: 1e6, mean: 2.34, largest: 200 }).join("")).toBe(
      "12 % of the pixels differ, by 2.3 of 255 on average and by 200 at most.",
    );
  });
});

describe("sounds and videos", () => {
  const players = (root: HTMLElement) => [...root.querySelectorAll<HTMLMediaElement>("audio, video")];
  const sounds = () =>
    mediaKernel([
      { kind: "audio", file: sound(2), record: { duration: 2 } },
      { kind: "audio", file: sound(0.5), record: { duration: 0.5 } },
      { kind: "audio", file: sound(1), record: { duration: 1 } },
    ]);

  it("have one playhead; what is shorter waits at its end, and all start anew together", async () => {
    const { root } = await openCompare(await sounds());
    await expect.poll(() => players(root).every(({ readyState }) => readyState > 0)).toBe(true);
    await expectAccessible(root);
    const time = page.getByRole("slider", { name: "Time", exact: true });
    await expect.element(time).toHaveAttribute("max", "2");
    await time.fill("0.75");
    await expect.poll(() => players(root).map(({ currentTime }) => currentTime)).toEqual([0.75, 0.5, 0.75]);
    await userEvent.keyboard("{Tab}");
    find(root, "dialog").focus();
    await userEvent.keyboard(" ");
    await expect.poll(() => players(root)[0]?.paused).toBe(false);
    await expect.poll(() => players(root)[0]?.currentTime).toBeGreaterThan(1.1);
    expect(players(root)[1]?.paused).toBe(true);
    // Beyond the end of the longest, all of them run again.
    await expect.poll(() => players(root)[0]?.currentTime, { timeout: 5000 }).toBeLessThan(0.4);
    await expect.poll(() => players(root).every(({ paused }) => !paused)).toBe(true);
    const [first = 0, , third = 0] = players(root).map(({ currentTime }) => currentTime);
    expect(Math.abs(first - third)).toBeLessThan(0.3);
    await userEvent.keyboard(" ");
    await expect.poll(() => players(root).every(({ paused }) => paused)).toBe(true);
  });

  it("stop at the end without a loop", async () => {
    const { root } = await openCompare(await sounds());
    await expect.poll(() => players(root).every(({ readyState }) => readyState > 0)).toBe(true);
    await userEvent.keyboard("l");
    await page.getByRole("slider", { name: "Time", exact: true }).fill("1.8");
    await button("Play").click();
    await expect.element(button("Play")).toBeVisible();
    await expect.poll(() => players(root).every(({ paused }) => paused)).toBe(true);
    await expect
      .element(page.getByRole("slider", { name: "Time", exact: true }))
      .toHaveAttribute("aria-valuetext", "2.0 s of 2.0 s");
  });

  it("are heard one at a time: the one that has the focus", async () => {
    const { root } = await openCompare(await sounds());
    await expect.poll(() => players(root).map(({ muted }) => muted)).toEqual([false, true, true]);
    await userEvent.keyboard("3");
    await expect.poll(() => players(root).map(({ muted }) => muted)).toEqual([true, true, false]);
    expect(find(root, '[data-asset="2"] .bgw-pane-heard')).toBeTruthy();
    await userEvent.keyboard("m");
    await expect.poll(() => players(root).every(({ muted }) => muted)).toBe(true);
  });

  it("show each its frame of one time", async () => {
    const clip = async (name: string) => (await fetch(new URL(`./files/${name}.mp4`, import.meta.url))).blob();
    const { root } = await openCompare(
      await mediaKernel([
        { kind: "video", file: await clip("eight"), record: { width: 320, height: 192, duration: 2 } },
        { kind: "video", file: await clip("thirty"), record: { width: 192, height: 192, duration: 1.2 } },
      ]),
    );
    await expect.poll(() => players(root).map(({ readyState }) => readyState > 1)).toEqual([true, true]);
    await page.getByRole("slider", { name: "Time", exact: true }).fill("1");
    await expect.poll(() => players(root).map(({ currentTime }) => currentTime)).toEqual([1, 1]);
    await expectAccessible(root);
    await userEvent.keyboard("s");
    await expect.poll(() => root.querySelector('[aria-label="Divider"]')).not.toBeNull();
    // In another mode they are other elements, at the same time.
    await expect.poll(() => players(root).map(({ currentTime }) => currentTime)).toEqual([1, 1]);
  });
});

describe("what differs", () => {
  it("is a table against the first one, and the rest is folded away", async () => {
    const kernel = await images(3);
    kernel.on("assets.get", ({ positions }) => ({
      records: positions.map((position) => {
        const record = recordOf(position);
        const params = { ...record.params, sampler: position === 1 ? "ddim" : "euler" };
        return { ...record, params, metrics: position === 2 ? {} : record.metrics };
      }),
    }));
    const { root } = await openCompare(kernel);
    await expect.poll(() => root.querySelector("tbody")).not.toBeNull();
    const rows = [...root.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => `${cell.textContent}${cell.classList.contains("bgw-is-other") ? "*" : ""}`),
    );
    expect(rows).toEqual([
      ["Seed", "100", "101*", "102*"],
      ["Sampler", "euler", "ddim*", "euler"],
      ["Clip score", "0.31", "0.31", "none*"],
    ]);
    await expect.element(page.getByText("Same in all (4)")).toBeVisible();
    expect(find(root, "details").hasAttribute("open")).toBe(false);
    await page.getByText("Same in all (4)").click();
    await expect.element(page.getByText("a lake at dawn")).toBeVisible();
  });

  it("takes numbers as they are, and not as they are shown", () => {
    const one = { ...recordOf(0), params: { x: 1.0000001 } };
    const other = { ...recordOf(0), params: { x: 1.0000002 } };
    expect(compareRecords([one, other]).differing.map(({ label, values }) => [label, ...values])).toEqual([
      ["X", "1.0000001", "1.0000002"],
    ]);
  });
});

describe("the grid", () => {
  it("has as many columns as make pictures largest", () => {
    expect(columnsFor(2, 1000, 700, 1)).toBe(2);
    expect(columnsFor(2, 340, 400, 1.5)).toBe(1);
    expect(columnsFor(4, 800, 700, 1)).toBe(2);
    expect(columnsFor(9, 1200, 900, 1)).toBe(3);
    expect(columnsFor(3, 900, 700, 4)).toBe(1);
    expect(columnsFor(3, 0, 0, 1)).toBe(1);
  });
});
