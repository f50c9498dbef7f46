import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { type FakeKernel, POSTER } from "../dev/fakeKernel";
import { viewer } from "../src/parts";
import { RequestError } from "../src/state/link";
import type { AssetRecord } from "../src/state/wire.gen";
import { copyText } from "../src/views/detail/clipboard";
import { DetailDialog } from "../src/views/detail/DetailDialog";
import { asJson, asPython } from "../src/views/detail/describeAsset";
import { downloadName } from "../src/views/detail/download";
import { wordsFor } from "../src/views/detail/UseSettings";
import { mediaKernel, picture, sound } from "./mediaKernel";
import { asked, close, expectAccessible, find, frames, galleryKernel, recordOf, watchUrls } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

const button = (name: string) => page.getByRole("button", { name, exact: true });
const heading = (root: HTMLElement) => find(root, "h3").textContent;

interface Options {
  start?: number;
  positions?: number[];
  canUse?: boolean;
}

function openDetail(kernel: FakeKernel, { start = 1, positions, canUse = false }: Options = {}) {
  const { total } = kernel.trait("gallery").peek();
  return openDialog(kernel, viewer.ready?.css, (model, actions, onClose) => (
    <DetailDialog
      model={model}
      positions={positions ?? Array.from({ length: total }, (_, i) => i)}
      start={start}
      actions={actions}
      canUse={canUse}
      onClose={onClose}
    />
  ));
}

/** An image, a video of eight frames a second, and a sound. */
async function threeKinds() {
  const clip = await (await fetch(new URL("./files/eight.mp4", import.meta.url))).blob();
  return mediaKernel([
    { kind: "image", file: await picture(512, 384) },
    { kind: "video", file: clip, record: { width: 320, height: 192, duration: 2 } },
    { kind: "audio", file: sound(2, 1), record: { duration: 2 } },
  ]);
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
  it("has the focus, and says where it was when it is closed", async () => {
    const { root, closed } = await openDetail(galleryKernel(3));
    expect(dialogIn(root).contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("{ArrowRight}{Escape}");
    await expect.poll(() => closed).toEqual([2]);
  });

  it("leafs through what it was given, by all the keys for it", async () => {
    const { root, closed } = await openDetail(galleryKernel(6), { positions: [0, 2, 4], start: 0 });
    await expect.element(page.getByText("1 of 3")).toBeVisible();
    await expect.element(button("Previous")).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{ArrowRight}{PageDown}{]}");
    await expect.element(page.getByText("3 of 3")).toBeVisible();
    await expect.poll(() => heading(root)).toBe("0004_lake.png");
    await expect.element(button("Next")).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{ArrowLeft}{PageUp}");
    await expect.poll(() => heading(root)).toBe("0000_lake.png");
    await button("Next").click();
    await expect.poll(() => heading(root)).toBe("0002_lake.png");
    await button("Close").click();
    expect(closed).toEqual([2]);
  });

  it("marks by key and by button, and takes back", async () => {
    const kernel = galleryKernel(3);
    const { root } = await openDetail(kernel, { start: 0 });
    await userEvent.keyboard("f");
    const star = find(root, ".bgw-dialog-head .bgw-tile-star");
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(find(root, ".bgw-dialog-head .bgw-tile-discard"));
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("false");
    expect(asked(kernel, "assets.mark").map(({ positions, mark }) => [positions[0], mark])).toEqual([
      [0, "favorite"],
      [0, "discarded"],
    ]);
    await userEvent.keyboard("u");
    await expect.poll(() => star.getAttribute("aria-pressed")).toBe("true");
  });

  it("shows every parameter, metric and fact of the file, to be copied", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const { root } = await openDetail(galleryKernel(3));
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
    const { root } = await openDetail(galleryKernel(3));
    dialogIn(root).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await expect.poll(() => root.querySelector("dialog")).toBeNull();
  });

  it("is accessible with an image, a video and audio", async () => {
    const { root } = await openDetail(await threeKinds(), { start: 0, canUse: true });
    for (const kind of ["image", "video", "audio"]) {
      await expect.poll(() => root.querySelector(`.bgw-stage.bgw-is-${kind}`)).not.toBeNull();
      await expect.poll(() => root.querySelectorAll("dl").length).toBe(3);
      await expectAccessible(root);
      await userEvent.keyboard("]");
    }
  });
});

describe("media", () => {
  it("puts the parts of a file together, and shows the thumbnail until it is whole", async () => {
    const kernel = galleryKernel(3);
    const data = new DataView(Uint8Array.from({ length: 250 }, (_, i) => i).buffer);
    inParts(kernel, data, 100);
    const { root } = await openDetail(kernel);
    await expect.poll(() => asked(kernel, "assets.media").map(({ offset }) => offset)).toEqual([0, 100, 200]);
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.src).toMatch(/^blob:/);
    const file = await fetch(find(root, ".bgw-stage-image").getAttribute("src") ?? "");
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(new Uint8Array(data.buffer));
    expect(file.headers.get("content-type")).toBe("image/png");
    // What can't be drawn leaves its thumbnail in place.
    await expect.poll(() => root.querySelector(".bgw-stage-blur")).not.toBeNull();
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
    const { root } = await openDetail(kernel);
    await expect.element(page.getByText("50 kB of 200 kB")).toBeVisible();
    await userEvent.keyboard("{ArrowRight}");
    await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
    for (const go of held) go();
    await frames(4);
    expect(asked(kernel, "assets.media").filter(({ position }) => position === 1)).toHaveLength(2);
  });

  it("shows a video with its poster, ready to loop, and starts nothing", async () => {
    const { root } = await openDetail(await threeKinds(), { start: 1 });
    const video = find(root, "video") as HTMLVideoElement;
    await expect.poll(() => video.src).toMatch(/^blob:/);
    await expect.poll(() => video.poster).not.toBe("");
    expect([video.loop, video.autoplay, video.paused]).toEqual([true, false, true]);
    await expect.element(button("Loop")).toHaveAttribute("aria-pressed", "true");
    await userEvent.keyboard("l");
    await expect.poll(() => video.loop).toBe(false);
    await page.getByRole("combobox", { name: "Speed" }).selectOptions("0.5");
    await expect.poll(() => video.playbackRate).toBe(0.5);
  });

  it("steps a video frame by frame, whatever its rate", async () => {
    const { root } = await openDetail(await threeKinds(), { start: 1 });
    const video = find(root, "video") as HTMLVideoElement;
    await expect.poll(() => video.readyState).toBeGreaterThan(1);
    await frames(4);
    // Eight frames a second; steps that are asked for faster than they can be done are not lost.
    await userEvent.keyboard("...");
    await expect.poll(() => Math.floor(video.currentTime * 8), { timeout: 5000 }).toBe(3);
    await userEvent.keyboard(",");
    await expect.poll(() => Math.floor(video.currentTime * 8), { timeout: 5000 }).toBe(2);
    expect(video.paused).toBe(true);
  });

  it("draws a sound from its file, and moves in it by key and by pointer", async () => {
    const { root } = await openDetail(await threeKinds(), { start: 2 });
    await expect.poll(() => root.querySelector(".bgw-waveform path")).not.toBeNull();
    // It swells once, so it is loudest in the middle.
    const bars = [...(find(root, ".bgw-waveform path").getAttribute("d") ?? "").matchAll(/M\d+ ([\d.]+)V/g)];
    const tops = bars.map(([, top]) => Number(top));
    expect(tops[Math.floor(tops.length / 2)]).toBeLessThan(0.4);
    expect(tops[0]).toBeGreaterThan(0.9);
    const audio = find(root, "audio") as HTMLAudioElement;
    await expect.poll(() => audio.readyState).toBeGreaterThan(0);
    const wave = find(root, ".bgw-waveform");
    wave.focus();
    await userEvent.keyboard("{End}");
    await expect.poll(() => wave.getAttribute("aria-valuetext")).toBe("2.0 s of 2.0 s");
    await userEvent.keyboard("{Home}{ArrowRight}");
    await expect.poll(() => audio.currentTime).toBeCloseTo(0.04);
    expect(heading(root)).toBe("0002_lake.wav");
    const { width, height } = wave.getBoundingClientRect();
    await userEvent.click(wave, { position: { x: width / 2, y: height / 2 } });
    await expect.poll(() => audio.currentTime).toBeCloseTo(1, 1);
    await userEvent.keyboard("m");
    await expect.poll(() => audio.muted).toBe(true);
  });

  it("keeps the thumbnail of a sound that can't be decoded", async () => {
    const broken = new Blob([new Uint8Array(100)], { type: "audio/wav" });
    const { root } = await openDetail(await mediaKernel([{ kind: "audio", file: broken }]), { start: 0 });
    await expect.poll(() => (root.querySelector("audio")?.src ?? "").slice(0, 5)).toBe("blob:");
    await frames(6);
    await expect.poll(() => root.querySelector(".bgw-waveform img")).not.toBeNull();
    expect(root.querySelector(".bgw-waveform path")).toBeNull();
  });

  it("says why a file could not be read, and tries again", async () => {
    const kernel = galleryKernel(3);
    kernel.on("assets.media", () => {
      throw new RequestError("ProjectError", "The file is gone.");
    });
    const { root } = await openDetail(kernel);
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
    const { root } = await openDetail(kernel);
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
    await expect.poll(() => heading(root)).toBe("0002_lake.png");
    await expect.poll(() => asked(kernel, "assets.media").length).toBe(3);
    await frames();
    await button("Download").click();
    await expect.poll(() => clicked).toHaveLength(2);
    expect(asked(kernel, "assets.media")).toHaveLength(3);
  });

  it("says why a download failed", async () => {
    const kernel = galleryKernel(3);
    const { root } = await openDetail(kernel);
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
    const { root } = await openDetail(galleryKernel(12), { start: 0 });
    for (let i = 0; i < 9; i += 1) {
      await expect.poll(() => root.querySelector(".bgw-stage-image")).not.toBeNull();
      await userEvent.keyboard("{ArrowRight}");
    }
    close(root);
    await expect.poll(left).toBe(0);
  });
});

describe("zoom", () => {
  const level = (root: HTMLElement) => find(root, ".bgw-zoom-level").textContent;
  const large = async () =>
    mediaKernel([
      { kind: "image", file: await picture(3000, 2000), record: { width: 3000, height: 2000 } },
      { kind: "image", file: await picture(300, 200), record: { width: 300, height: 200 } },
    ]);

  it("goes by keys from all of it to one to one, moves there by arrow keys, and leafs with others", async () => {
    const { root } = await openDetail(await large(), { start: 0 });
    const picture = find(root, ".bgw-zoom-picture");
    await expect.poll(() => Number.parseInt(level(root) ?? "", 10)).toBeLessThan(40);
    await userEvent.keyboard("z");
    await expect.poll(() => level(root)).toBe("100 %");
    expect(picture.getBoundingClientRect().width).toBeCloseTo(3000 / devicePixelRatio, 0);
    const { left } = picture.getBoundingClientRect();
    await userEvent.keyboard("{ArrowRight}");
    expect(picture.getBoundingClientRect().left).toBeCloseTo(left - 60, 0);
    expect(heading(root)).toBe("0000_lake.png");
    await userEvent.keyboard("+{+}");
    await expect.poll(() => level(root)).toBe("200 %");
    expect(find(root, ".bgw-zoom-pane").classList).not.toContain("bgw-is-pixels");
    await userEvent.keyboard("+");
    await expect.poll(() => getComputedStyle(find(root, ".bgw-stage-image")).imageRendering).toBe("pixelated");
    await userEvent.keyboard("0");
    await expect.element(button("Fit")).toHaveAttribute("aria-pressed", "true");
    await userEvent.keyboard("z]");
    await expect.poll(() => heading(root)).toBe("0001_lake.png");
    // The next one is whole at first.
    await expect.element(button("Fit")).toHaveAttribute("aria-pressed", "true");
  });

  it("keeps what is under the pointer there, with the wheel and by double click", async () => {
    const { root } = await openDetail(await large(), { start: 0 });
    const pane = find(root, ".bgw-zoom-pane");
    const picture = find(root, ".bgw-zoom-picture");
    const box = pane.getBoundingClientRect();
    const point = { x: box.left + box.width * 0.3, y: box.top + box.height * 0.45 };
    const under = () => {
      const { left, top, width, height } = picture.getBoundingClientRect();
      return [(point.x - left) / width, (point.y - top) / height];
    };
    await expect.poll(() => Number.parseInt(level(root) ?? "", 10)).toBeLessThan(40);
    const before = under();
    const at = { clientX: point.x, clientY: point.y, bubbles: true, cancelable: true };
    const wheel = new WheelEvent("wheel", { ...at, deltaY: -700 });
    pane.dispatchEvent(wheel);
    expect(wheel.defaultPrevented).toBe(true);
    await frames();
    const [x = 0, y = 0] = under();
    expect(picture.getBoundingClientRect().width).toBeGreaterThan(box.width);
    expect(x).toBeCloseTo(before[0] ?? 0, 2);
    expect(y).toBeCloseTo(before[1] ?? 0, 2);
    pane.dispatchEvent(new MouseEvent("dblclick", at));
    await expect.element(button("Fit")).toHaveAttribute("aria-pressed", "true");
    pane.dispatchEvent(new MouseEvent("dblclick", at));
    await expect.poll(() => level(root)).toBe("100 %");
    expect(under()[0]).toBeCloseTo(before[0] ?? 0, 2);
  });

  it("moves by one pointer and pinches by two", async () => {
    const { root } = await openDetail(await large(), { start: 0 });
    const pane = find(root, ".bgw-zoom-pane");
    pane.setPointerCapture = () => {};
    const picture = find(root, ".bgw-zoom-picture");
    await expect.poll(() => Number.parseInt(level(root) ?? "", 10)).toBeLessThan(40);
    const send = (type: string, pointerId: number, clientX: number, clientY: number) =>
      pane.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY, bubbles: true, button: 0 }));
    const { width } = picture.getBoundingClientRect();
    send("pointerdown", 1, 200, 300);
    send("pointerdown", 2, 300, 300);
    send("pointermove", 2, 400, 300);
    send("pointermove", 1, 100, 300);
    await frames();
    expect(picture.getBoundingClientRect().width / width).toBeCloseTo(3, 1);
    send("pointerup", 2, 400, 300);
    const { left } = picture.getBoundingClientRect();
    send("pointermove", 1, 130, 300);
    await frames();
    expect(picture.getBoundingClientRect().left - left).toBeCloseTo(30, 0);
    send("pointerup", 1, 130, 300);
  });

  it("shows the file itself from where a copy of it would be blurred", async () => {
    const kernel = await mediaKernel([
      {
        kind: "image",
        file: await picture(300, 200),
        original: await picture(3000, 2000),
        record: { width: 3000, height: 2000 },
      },
    ]);
    const { root } = await openDetail(kernel, { start: 0 });
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.naturalWidth).toBe(300);
    await frames(4);
    expect(asked(kernel, "assets.media").some(({ original }) => original)).toBe(false);
    await userEvent.keyboard("z");
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.naturalWidth).toBe(3000);
  });

  it("stays with the copy, and says so, where the browser can't show the file", async () => {
    const kernel = await mediaKernel([
      {
        kind: "image",
        file: await picture(300, 200),
        original: new Blob(["not a picture"], { type: "image/tiff" }),
        record: { width: 3000, height: 2000 },
      },
    ]);
    const { root } = await openDetail(kernel, { start: 0 });
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.naturalWidth).toBe(300);
    await userEvent.keyboard("z");
    await expect.element(page.getByText("This is a copy of 300 × 200.")).toBeVisible();
    await expect.poll(() => root.querySelector<HTMLImageElement>(".bgw-stage-image")?.naturalWidth).toBe(300);
  });
});

describe("settings", () => {
  it("takes them over with the seed or without, and says what changed", async () => {
    const kernel = galleryKernel(2);
    kernel.set("generator", POSTER);
    kernel.on("assets.use", ({ but_seed }) => ({ changed: but_seed ? [] : ["prompt", "cfg_scale", "seed"] }));
    const { root } = await openDetail(kernel, { canUse: true });
    await button("Use these settings").click();
    await expect
      .poll(() => find(root, ".bgw-use-words").textContent)
      .toBe("Changed prompt, cfg scale and seed in the config panel.");
    await button("All but the seed").click();
    await expect
      .poll(() => find(root, ".bgw-use-words").textContent)
      .toBe("The config panel has these settings already.");
    expect(asked(kernel, "assets.use")).toEqual([
      { source: "b1", position: 1, but_seed: false },
      { source: "b1", position: 1, but_seed: true },
    ]);
    await userEvent.keyboard("[[");
    await expect.poll(() => find(root, ".bgw-use-words").textContent).toBe("");
    kernel.on("assets.use", () => {
      throw new RequestError("ParameterError", "steps: 400 is more than 150.");
    });
    await button("Use these settings").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("steps: 400 is more than 150.");
  });

  it("are not offered where no config panel is", async () => {
    await openDetail(galleryKernel(2));
    await expect.element(button("Copy seed")).toBeInTheDocument();
    expect(button("Use these settings").query()).toBeNull();
  });

  it("names few changes and counts many", () => {
    expect(wordsFor(["seed"])).toBe("Changed seed in the config panel.");
    expect(wordsFor(["a", "b", "c", "d"])).toBe("Changed a, b, c and d in the config panel.");
    expect(wordsFor(["a", "b", "c", "d", "e", "f"])).toBe("Changed a, b, c and 3 more in the config panel.");
  });

  it("are copied whole, for Python and as JSON", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await openDetail(galleryKernel(2));
    await button("Copy the parameters as Python").click();
    expect(write).toHaveBeenCalledWith('seed=101,\nprompt="a lake at dawn",\ncfg_scale=7.5,');
    const params = { prompt: 'say "hi"\nthere', seed: 3, tiling: true, note: null };
    const record: AssetRecord = { ...recordOf(1), params };
    expect(asPython(record, "seed")).toBe('seed=3,\nprompt="say \\"hi\\"\\nthere",\ntiling=True,\nnote=None,');
    expect(JSON.parse(asJson(record))).toMatchObject({ parameters: params, metrics: { clip_score: 0.31 }, task: 1 });
  });

  it("come with what an asset was made from, where the kernel tells", async () => {
    const parents = [
      { id: "a0", name: "0000_lake.png", position: 0 },
      { id: "z9", name: "elsewhere.png", position: null },
    ];
    const kernel = galleryKernel(2);
    kernel.on("assets.get", ({ positions }) => ({
      records: positions.map((position) => ({
        ...recordOf(position),
        task_seconds: 12.4,
        ...(position && { parents }),
      })),
    }));
    const { root } = await openDetail(kernel);
    await expect.element(page.getByText("elsewhere.png")).toBeInTheDocument();
    expect(find(root, ".bgw-facts").textContent).toContain("Took12 s");
    await button("0000_lake.png").click();
    await expect.poll(() => heading(root)).toBe("0000_lake.png");
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
