import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import { copyText } from "../src/views/detail/clipboard";
import { downloadName } from "../src/views/detail/download";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, close, expectAccessible, find, frames, galleryKernel, show, watchUrls } from "./mountBatch";

const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const dialog = (root: HTMLElement) => root.querySelector("dialog");
const button = (name: string) => page.getByRole("button", { name, exact: true });

/** Open the detail of an asset by keyboard. */
async function openDetail(kernel: ReturnType<typeof galleryKernel>, position = 1) {
  const root = show(GalleryView, kernel);
  await expect.poll(() => root.querySelector(".bgw-tile-image, .bgw-tile-none")).not.toBeNull();
  tile(root, position).focus();
  await userEvent.keyboard("{Enter}");
  await expect.poll(() => dialog(root)?.matches(":modal")).toBe(true);
  return root;
}

/** Bytes of which each is its own place, sent in parts. */
function inParts(kernel: ReturnType<typeof galleryKernel>, data: DataView, part: number, type = "image/png") {
  kernel.on("assets.media", ({ offset }) => {
    const end = Math.min(data.byteLength, offset + part);
    return {
      result: { size: data.byteLength, type, offset, next: end < data.byteLength ? end : null },
      buffers: [new DataView(data.buffer, offset, end - offset)],
    };
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the dialog", () => {
  it("opens by Enter, Space and click, and gives the focus back to the tile", async () => {
    const root = await openDetail(galleryKernel(3));
    expect(dialog(root)?.contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => dialog(root)).toBeNull();
    await expect.poll(() => document.activeElement).toBe(tile(root, 1));
    await userEvent.keyboard(" ");
    await expect.poll(() => dialog(root)?.open).toBe(true);
    await button("Close").click();
    await expect.poll(() => document.activeElement).toBe(tile(root, 1));
    await userEvent.click(find(tile(root, 2), ".bgw-tile-image"));
    await expect.element(page.getByRole("heading", { name: "0002_lake.png" })).toBeVisible();
  });

  it("leafs through what the filter showed, and focuses the tile that was seen last", async () => {
    const kernel = galleryKernel(6, [1, 0, 1, 0, 1, 0]);
    const root = show(GalleryView, kernel);
    await page.getByRole("radio", { name: "Favorites" }).click();
    await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
    tile(root, 0).focus();
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByText("1 of 3")).toBeVisible();
    await expect.element(button("Previous")).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}");
    await expect.element(page.getByText("3 of 3")).toBeVisible();
    await expect.element(page.getByRole("heading", { name: "0004_lake.png" })).toBeVisible();
    await expect.element(button("Next")).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{ArrowLeft}");
    await expect.element(page.getByRole("heading", { name: "0002_lake.png" })).toBeVisible();
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => document.activeElement).toBe(tile(root, 2));
  });

  it("marks by key and by button, and stays with an asset that leaves the filter", async () => {
    const kernel = galleryKernel(3);
    const root = show(GalleryView, kernel);
    await page.getByRole("radio", { name: "Unselected" }).click();
    await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
    tile(root, 0).focus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => dialog(root)?.open).toBe(true);
    await userEvent.keyboard("f");
    const star = find(root, ".bgw-dialog-head .bgw-tile-star");
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("true");
    await expect.element(page.getByText("1 of 3")).toBeVisible();
    await userEvent.click(find(root, ".bgw-dialog-head .bgw-tile-discard"));
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("false");
    expect(asked(kernel, "assets.mark").map(({ positions, mark }) => [positions[0], mark])).toEqual([
      [0, "favorite"],
      [0, "discarded"],
    ]);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => (document.activeElement as HTMLElement).dataset["position"]).toBe("1");
  });

  it("shows every parameter, metric and fact of the file, to be copied", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const root = await openDetail(galleryKernel(3));
    await expect.poll(() => root.querySelectorAll("dl").length).toBe(3);
    const facts = Object.fromEntries(
      [...root.querySelectorAll(".bgw-fact")].map((row) => [
        find(row, "dt").textContent,
        find(row, ".bgw-fact-value").textContent,
      ]),
    );
    expect(facts).toMatchObject({
      Prompt: "a lake at dawn",
      Seed: "101",
      "Cfg scale": "7.5",
      "Clip score": "0.31",
      Name: "0001_lake.png",
      Size: "12 kB",
      Dimensions: "512 × 384",
      Task: "1",
      Path: "project/assets/1.png",
    });
    expect(facts["Created"]).toContain("1970");
    await userEvent.click(find(root, '[aria-label="Copy seed"]'));
    expect(write).toHaveBeenCalledWith("101");
    await expect.poll(() => find(root, 'dialog [aria-live="polite"]:last-child').textContent).toBe("Copied seed");
  });

  it("closes on a click beside it", async () => {
    const root = await openDetail(galleryKernel(3));
    dialog(root)?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await expect.poll(() => dialog(root)).toBeNull();
  });

  it("is accessible with an image, a video and audio", async () => {
    const root = await openDetail(galleryKernel(3, [1, 2, 0], [0, 1, 2]), 0);
    for (const kind of ["image", "video", "audio"]) {
      await expect.poll(() => root.querySelector(`.bgw-stage.bgw-is-${kind}`)).not.toBeNull();
      await expect.poll(() => root.querySelectorAll("dl").length).toBe(3);
      await expectAccessible(root);
      await userEvent.keyboard("{ArrowRight}");
    }
  });
});

describe("media", () => {
  it("puts the parts of a file together, and shows the thumbnail until it is whole", async () => {
    const kernel = galleryKernel(3);
    const data = new DataView(Uint8Array.from({ length: 250 }, (_, i) => i).buffer);
    inParts(kernel, data, 100);
    const root = await openDetail(kernel);
    await expect.poll(() => asked(kernel, "assets.media").map(({ offset }) => offset)).toEqual([0, 100, 200]);
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.src).toMatch(/^blob:/);
    const file = await fetch(find(root, ".bgw-stage-image").getAttribute("src") ?? "");
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array(data.buffer));
    expect(file.headers.get("content-type")).toBe("image/png");
    // What can't be drawn leaves its thumbnail in place.
    expect(root.querySelector(".bgw-stage-blur")).not.toBeNull();
  });

  it("says how far a large file is, and stops fetching what was left", async () => {
    const kernel = galleryKernel(3);
    const held: (() => void)[] = [];
    kernel.on("assets.media", async ({ position, offset }) => {
      if (position === 1 && offset > 0) await new Promise<void>((resolve) => held.push(resolve));
      const whole = position === 2;
      const size = whole ? 50_000 : 200_000;
      return {
        result: { size, type: "image/png", offset, next: whole ? null : offset + 50_000 },
        buffers: [new DataView(new ArrayBuffer(50_000))],
      };
    });
    const root = await openDetail(kernel);
    await expect.element(page.getByText("50 kB of 200 kB")).toBeVisible();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
    for (const go of held) go();
    await frames(4);
    expect(asked(kernel, "assets.media").filter(({ position }) => position === 1)).toHaveLength(2);
  });

  it("plays video in a loop with its poster, and audio, and starts neither", async () => {
    const root = await openDetail(galleryKernel(3, [], [0, 1, 2]));
    const video = find(root, "video") as HTMLVideoElement;
    await expect.poll(() => video.src).toMatch(/^blob:/);
    expect([video.controls, video.loop, video.autoplay]).toEqual([true, true, false]);
    await expect.poll(() => video.poster).toMatch(/^blob:/);
    find(root, "dialog").focus();
    await userEvent.keyboard("{ArrowRight}");
    const audio = await vi.waitFor(() => find(root, "audio") as HTMLAudioElement);
    await expect.poll(() => audio.src).toMatch(/^blob:/);
    expect([audio.controls, audio.autoplay, audio.paused]).toEqual([true, false, true]);
    expect(find(root, ".bgw-stage-audio img").getAttribute("alt")).toBe("Waveform of a lake at dawn, seed 102");
  });

  it("says why a file could not be read, and tries again", async () => {
    const kernel = galleryKernel(3);
    kernel.on("assets.media", () => {
      throw new RequestError("ProjectError", "The file is gone.");
    });
    const root = await openDetail(kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The file is gone.");
    await expectAccessible(root);
    inParts(kernel, new DataView(new ArrayBuffer(10)), 10);
    await button("Try again").click();
    await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("refuses a file that is short", async () => {
    const kernel = galleryKernel(2);
    kernel.on("assets.media", () => ({
      result: { size: 100, type: "image/png", offset: 0, next: null },
      buffers: [new DataView(new ArrayBuffer(40))],
    }));
    await openDetail(kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("40 of 100 bytes");
  });

  it("downloads the file as it is, under its own name", async () => {
    const clicked: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      clicked.push(`${this.download} ${this.href.slice(0, 5)}`);
    });
    const kernel = galleryKernel(3);
    await openDetail(kernel);
    await expect.element(button("Download")).not.toHaveAttribute("aria-disabled");
    await button("Download").click();
    // What was on show is smaller than the file: the file itself is fetched.
    await expect.poll(() => clicked).toEqual(["0001_lake.png blob:"]);
    expect(asked(kernel, "assets.media").at(-1)).toEqual({
      source: "b1",
      position: 1,
      offset: 0,
      original: true,
    });
    inParts(kernel, new DataView(new ArrayBuffer(12_345)), 12_345);
    await userEvent.keyboard("{ArrowRight}");
    await expect.element(page.getByRole("heading", { name: "0002_lake.png" })).toBeVisible();
    await expect.poll(() => asked(kernel, "assets.media").length).toBe(3);
    await frames();
    await button("Download").click();
    await expect.poll(() => clicked).toHaveLength(2);
    expect(asked(kernel, "assets.media")).toHaveLength(3);
  });

  it("says why a download failed", async () => {
    const kernel = galleryKernel(3);
    const root = await openDetail(kernel);
    await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
    kernel.on("assets.media", () => {
      throw new RequestError("ProjectError", "The file is gone.");
    });
    await button("Download").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("could not be downloaded: The file is gone.");
    await expect.element(button("Download")).not.toHaveAttribute("aria-disabled");
  });

  it("lets go of every file when the gallery is closed", async () => {
    const left = watchUrls();
    const root = await openDetail(galleryKernel(12), 0);
    for (let i = 0; i < 9; i += 1) {
      await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
      await userEvent.keyboard("{ArrowRight}");
    }
    close(root);
    await expect.poll(left).toBe(0);
  });
});

describe("names and the clipboard", () => {
  it("gives a download the suffix of what was sent", () => {
    expect(downloadName("0001_lake.png", "image/webp")).toBe("0001_lake.webp");
    expect(downloadName("0001_lake.png", "image/png")).toBe("0001_lake.png");
    expect(downloadName("0001_lake.jpeg", "image/jpeg")).toBe("0001_lake.jpeg");
    expect(downloadName("0001_v1.5", "audio/wav")).toBe("0001_v1.5.wav");
    expect(downloadName("clip.mp4", "application/x-unknown")).toBe("clip.mp4");
  });

  it("copies by selection where the clipboard is closed to the page", async () => {
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("not allowed"));
    const copied: string[] = [];
    vi.spyOn(document, "execCommand").mockImplementation(() => {
      copied.push(document.getSelection()?.toString() ?? "");
      return true;
    });
    const near = document.createElement("button");
    document.body.append(near);
    expect(await copyText("seed 7", near)).toBe(true);
    expect(copied).toEqual(["seed 7"]);
    expect(document.activeElement).toBe(near);
    expect(document.querySelector("textarea")).toBeNull();
    near.remove();
  });
});
