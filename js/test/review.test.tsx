import { useMemo } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { GalleryModel } from "../src/state/gallery";
import type { KernelLink } from "../src/state/link";
import { RequestError } from "../src/state/link";
import { ASSET_MARKS } from "../src/state/wire.gen";
import css from "../src/styles/review.css?inline";
import { ReviewDialog } from "../src/views/review/ReviewDialog";
import { asked, expectAccessible, find, frames, repeat, show } from "./mountBatch";
import { type SweepKernel, sweepKernel } from "./sweepKernel";

const calls = { close: vi.fn(), compare: vi.fn(), winners: vi.fn() };
afterEach(() => {
  vi.restoreAllMocks();
  for (const call of Object.values(calls)) call.mockReset();
});

const kernelOf = (total: number, marks: number[] = [], kinds: number[] = []) =>
  sweepKernel(
    repeat(total, (i) => i).map((seed) => ({ params: { prompt: "a lake", seed } })),
    { marks, kinds },
  );

/** Open the review of all results. */
async function open(kernel: SweepKernel, start = 0): Promise<HTMLElement> {
  const { total } = kernel.trait("gallery").peek();
  function Host({ link }: { link: KernelLink }) {
    const model = useMemo(() => new GalleryModel(link, "b1"), [link]);
    return (
      <>
        <style>{css}</style>
        <ReviewDialog
          model={model}
          positions={repeat(total, (i) => i)}
          start={start}
          actions={{
            mark: (position, mark) => void model.marks.toggle(position, mark),
            undo: () => void model.marks.undo(),
          }}
          onClose={calls.close}
          onCompare={calls.compare}
          onWinners={calls.winners}
        />
      </>
    );
  }
  const root = show(Host, kernel);
  await expect.poll(() => root.querySelector("dialog")?.matches(":modal")).toBe(true);
  await expect.poll(() => find(root, ".bgw-review").textContent).toContain("seed");
  return root;
}

const counts = (root: HTMLElement) => find(root, ".bgw-review-counts").textContent;
const caption = (root: HTMLElement) => root.querySelector(".bgw-review-caption")?.textContent ?? null;
const said = (root: HTMLElement) => find(root, "dialog > [aria-live]").textContent;
const marks = (kernel: SweepKernel) => {
  const codes = kernel.trait("asset_marks").peek();
  return repeat(codes.byteLength, (i) => codes.getUint8(i)).map((code) => ASSET_MARKS[code]);
};
const button = (name: string | RegExp) => page.getByRole("button", { name });

describe("keeping and dropping", () => {
  it("goes through the unmarked by every key, with counts", async () => {
    const kernel = kernelOf(8, [0, 0, 1, 0, 0, 0, 0, 0]);
    const root = await open(kernel);
    expect(counts(root)).toBe("7 of 8 unmarked left, 1 kept, 0 dropped");
    await userEvent.keyboard("f");
    expect(counts(root)).toBe("6 of 8 unmarked left, 2 kept, 0 dropped");
    expect(caption(root)).toContain("2 / 8");
    await userEvent.keyboard("k");
    // What is marked already is passed by.
    expect(caption(root)).toContain("4 / 8");
    await userEvent.keyboard("{ArrowRight}x{ArrowLeft}d");
    await expect
      .poll(() => marks(kernel))
      .toEqual(["favorite", "favorite", "favorite", "favorite", "discarded", "discarded", "discarded", "none"]);
    expect(said(root)).toBe("Dropped. 1 of 8 unmarked left, 4 kept, 3 dropped.");
    const bar = find(root, '[role="progressbar"]');
    expect([bar.ariaValueNow, bar.ariaValueMax]).toEqual(["7", "8"]);
    await userEvent.keyboard("{ArrowDown}");
    await expect.element(page.getByText("That was the last one")).toBeVisible();
  });

  it("skips without a mark, and goes back over what was skipped and marked", async () => {
    const kernel = kernelOf(4);
    const root = await open(kernel);
    await userEvent.keyboard("sf");
    expect(caption(root)).toContain("3 / 4");
    await userEvent.keyboard("{ArrowUp}");
    expect(caption(root)).toContain("2 / 4");
    expect(caption(root)).toContain("kept");
    await userEvent.keyboard("{Backspace}");
    expect(caption(root)).toContain("1 / 4");
    await userEvent.keyboard("{Backspace}");
    expect(said(root)).toBe("This is the first one.");
    expect(asked(kernel, "assets.mark")).toHaveLength(1);
    await userEvent.keyboard("s");
    expect(caption(root)).toContain("3 / 4");
  });

  it("keeps a mark that is given twice, and replaces it by another", async () => {
    const kernel = kernelOf(3);
    const root = await open(kernel);
    await userEvent.keyboard("f{ArrowUp}f");
    expect(caption(root)).toContain("2 / 3");
    expect(asked(kernel, "assets.mark")).toHaveLength(1);
    await userEvent.keyboard("{ArrowUp}x");
    expect(marks(kernel)).toEqual(["discarded", "none", "none"]);
  });

  it("undoes its own marks only, and goes back to where they were given", async () => {
    const kernel = kernelOf(5, [1]);
    const root = await open(kernel, 1);
    await userEvent.keyboard("u");
    expect(said(root)).toBe("There is nothing to undo in this review.");
    expect(asked(kernel, "assets.undo")).toHaveLength(0);
    await userEvent.keyboard("fxs");
    await userEvent.keyboard("u");
    expect(caption(root)).toContain("3 / 5");
    await expect.poll(() => marks(kernel)).toEqual(["favorite", "favorite", "none", "none", "none"]);
    await userEvent.keyboard("{Control>}z{/Control}");
    expect(caption(root)).toContain("2 / 5");
    await expect.poll(() => marks(kernel)).toEqual(["favorite", "none", "none", "none", "none"]);
  });

  it("has a button for every key", async () => {
    const kernel = kernelOf(6);
    const root = await open(kernel);
    await button("Keep").click();
    await button("Drop").click();
    await button("Skip").click();
    expect(caption(root)).toContain("4 / 6");
    await button("Back").click();
    expect(caption(root)).toContain("3 / 6");
    await button("Undo").click();
    expect(caption(root)).toContain("2 / 6");
    await expect.poll(() => marks(kernel).slice(0, 2)).toEqual(["favorite", "none"]);
    for (const each of root.querySelectorAll("button")) {
      const { width, height } = each.getBoundingClientRect();
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(24);
    }
  });

  it("closes with the result that was on show", async () => {
    const root = await open(kernelOf(5));
    await userEvent.keyboard("fx{Escape}");
    await expect.poll(() => calls.close.mock.calls).toEqual([[2]]);
    expect(find(root, "dialog").matches(":modal")).toBe(false);
  });
});

describe("the end", () => {
  it("counts, and offers what to do next", async () => {
    const kernel = kernelOf(4);
    const root = await open(kernel);
    await userEvent.keyboard("ffxs");
    await expect.element(page.getByText("That was the last one")).toBeVisible();
    expect(document.activeElement).toBe(find(root, ".bgw-review-end"));
    expect(find(root, "dl").textContent).toBe("kept2dropped1unmarked1");
    expect(said(root)).toBe("Skipped. The end: 1 of 4 unmarked left, 2 kept, 1 dropped.");
    await expectAccessible(root);
    await button("Compare favorites").click();
    // Closed first: what closes a dialog must not close the next one.
    await expect.poll(() => calls.compare.mock.calls).toEqual([[[0, 1]]]);
    expect(calls.close).toHaveBeenCalledWith(3);
    expect(calls.close).toHaveBeenCalledBefore(calls.compare);
  });

  it("goes through what was skipped, or back by undo", async () => {
    const root = await open(kernelOf(4));
    await userEvent.keyboard("fsfx");
    await button("Go through the 1 unmarked").click();
    expect(caption(root)).toContain("2 / 4");
    expect(find(root, "dialog").contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("f");
    await expect.element(page.getByText("Everything is sorted")).toBeVisible();
    await userEvent.keyboard("u");
    expect(caption(root)).toContain("2 / 4");
    await userEvent.keyboard("f");
    await button("Choose what is next").click();
    await expect.poll(() => calls.winners.mock.calls).toHaveLength(1);
  });

  it("compares the last nine where more were kept", async () => {
    const root = await open(kernelOf(12));
    await userEvent.keyboard("f".repeat(12));
    await expect.poll(() => root.querySelector(".bgw-review-end")).not.toBeNull();
    await button("Compare the last 9 kept").click();
    await expect.poll(() => calls.compare.mock.calls).toEqual([[repeat(9, (i) => i + 3)]]);
  });
});

describe("media", () => {
  it("fetches the next one ahead, and shows it at once", async () => {
    const kernel = kernelOf(4, [0, 1]);
    const root = await open(kernel);
    await expect.poll(() => asked(kernel, "assets.media").map(({ position }) => position)).toEqual([0, 2]);
    await frames(4);
    await userEvent.keyboard("f");
    await frames(1);
    const picture = root.querySelector<HTMLImageElement>('img[alt="result 2"]');
    expect(picture?.complete).toBe(true);
    await expect.poll(() => asked(kernel, "assets.media").map(({ position }) => position)).toEqual([0, 2, 3]);
  });

  it("plays videos muted in a loop, and sounds by Space", async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
    const root = await open(kernelOf(2, [], [1, 2]));
    await expect.poll(() => root.querySelector("video")).not.toBeNull();
    const video = root.querySelector("video");
    expect([video?.muted, video?.loop, video?.autoplay]).toEqual([true, true, true]);
    await userEvent.keyboard("f");
    await expect.poll(() => root.querySelector("audio")).not.toBeNull();
    expect(play).not.toHaveBeenCalled();
    await userEvent.keyboard(" ");
    expect(play).toHaveBeenCalledOnce();
    await expectAccessible(root);
  });

  it("leaves videos still for a person who asked for less motion", async () => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      (query) => ({ matches: query.includes("reduced-motion") }) as MediaQueryList,
    );
    const root = await open(kernelOf(1, [], [1]));
    await expect.poll(() => root.querySelector("video")?.controls).toBe(true);
    expect(root.querySelector("video")?.autoplay).toBe(false);
    await expectAccessible(root);
  });

  it("says when a file can't be read, and tries again", async () => {
    const kernel = kernelOf(2);
    const working = kernelOf(2);
    kernel.on("assets.media", () => {
      throw new RequestError("NoAnswer", "The kernel does not answer.");
    });
    const root = await open(kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The kernel does not answer.");
    await expectAccessible(root);
    kernel.on("assets.media", async (params) => working.request("assets.media", params));
    await button("Try again").click();
    await expect.poll(() => root.querySelector('img[alt="result 0"]')).not.toBeNull();
    expect(page.getByRole("alert").query()).toBeNull();
  });
});

describe("touch", () => {
  /** A finger that goes sideways. */
  function swipe(stage: HTMLElement, by: number, pointerType = "touch") {
    stage.setPointerCapture = () => {};
    const send = (type: string, x: number) =>
      stage.dispatchEvent(
        new PointerEvent(type, { pointerId: 5, pointerType, isPrimary: true, bubbles: true, clientX: x, clientY: 200 }),
      );
    send("pointerdown", 300);
    send("pointermove", 300 + by / 2);
    send("pointermove", 300 + by);
    return () => send("pointerup", 300 + by);
  }

  it("keeps by a swipe to the right, drops by one to the left, and says which before it counts", async () => {
    const kernel = kernelOf(4);
    const root = await open(kernel);
    const stage = find(root, ".bgw-review-stage");
    const lift = swipe(stage, 120);
    await expect.poll(() => root.querySelector(".bgw-review-side")?.textContent).toBe("Keep");
    lift();
    await expect.poll(() => caption(root)).toContain("2 / 4");
    expect(root.querySelector(".bgw-review-side")).toBeNull();
    swipe(stage, -120)();
    await expect.poll(() => marks(kernel)).toEqual(["favorite", "discarded", "none", "none"]);
    swipe(stage, 40)();
    swipe(stage, 200, "mouse")();
    await frames(3);
    expect(caption(root)).toContain("3 / 4");
  });
});

it("is accessible with an image", async () => {
  const root = await open(kernelOf(3, [0, 1]));
  await expectAccessible(root);
});
