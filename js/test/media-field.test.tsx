import { describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { mediaField } from "../src/parts";
import { RequestError } from "../src/state/link";
import type { InputList, InputUpload, ParameterSpec } from "../src/state/wire.gen";
import css from "../src/styles/batchgen.css?inline";
import { echoing, expectAccessible, impossible, methods, openPanel, type Panel, POSTER } from "./mountConfig";

const style = document.createElement("style");
style.textContent = css;
document.head.append(style);

const IMAGE: ParameterSpec = {
  name: "image",
  label: "Image",
  type: "image",
  default: null,
  required: true,
  minimum: null,
  maximum: null,
  step: null,
  choices: null,
  optional: false,
  role: null,
  description: "What to enlarge",
};

const list = (...names: string[]): InputList => ({
  count: names.length,
  items: names.map((name) => ({ id: name, name, kind: "image" })),
});

const PIXEL = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (letter) =>
  letter.charCodeAt(0),
);

/** A panel with one field for images. What is uploaded, taken and removed is echoed as the kernel does. */
function open(given: InputList = list(), { takes = true, type = "image" as ParameterSpec["type"] } = {}): Panel {
  const kernel = echoing({
    generator: { ...POSTER, parameters: [{ ...IMAGE, type }, ...POSTER.parameters] },
    inputs: { given: { image: given }, takes },
  });
  const names = () =>
    kernel
      .trait("inputs")
      .peek()
      .given["image"]?.items.map(({ name }) => name) ?? [];
  const set = (...next: string[]) => kernel.set("inputs", { given: { image: list(...next) }, takes });
  kernel.on("inputs.thumbnails", () => ({
    result: { items: names().map((_, position) => ({ position, type: "image/gif" })) },
    buffers: names().map(() => new DataView(PIXEL.buffer)),
  }));
  kernel.on("inputs.upload", ({ offset, size, data, name, add }) => {
    const end = offset + atob(data).length;
    if (end < size) return { next: end };
    set(...(add ? names() : []), name);
    return { next: null };
  });
  kernel.on("inputs.take", ({ which }) => {
    set(`${which} 1.png`, `${which} 2.png`);
    return {};
  });
  kernel.on("inputs.remove", ({ index }) => {
    set(...(index === null ? [] : names().filter((_, at) => at !== index)));
    return {};
  });
  return openPanel({}, kernel);
}

const button = (name: string) => page.getByRole("button", { name, exact: true });
const field = () => page.getByRole("group", { name: "Image" });
const uploads = (panel: Panel) =>
  panel.kernel.requests.flatMap(({ method, params }) => (method === "inputs.upload" ? [params as InputUpload] : []));

function drag(type: string, target: Element, ...files: File[]): DragEvent {
  const dataTransfer = new DataTransfer();
  for (const file of files) dataTransfer.items.add(file);
  const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
  target.dispatchEvent(event);
  return event;
}

const file = (name: string, bytes: BlobPart = "pixels") => new File([bytes], name, { type: "image/png" });

describe("the field of a media parameter", () => {
  it("says what is missing, and has the description", async () => {
    open();
    await expect.element(field()).toHaveTextContent("No image yet. Choose a file, or drop some here.");
    await expect.element(field()).toHaveAccessibleDescription("What to enlarge");
  });

  it("takes a chosen file, in place of what was there", async () => {
    const panel = open(list("old.png"));
    await expect.element(button("Choose another file…")).toBeVisible();
    const opened = vi.spyOn(HTMLInputElement.prototype, "click").mockImplementation(() => {});
    await userEvent.click(button("Choose another file…"));
    expect(opened).toHaveBeenCalled();
    const input = panel.root.querySelector<HTMLInputElement>('.bgw-media-field input[type="file"]');
    if (!input) throw new Error("no file input");
    expect(input.accept).toBe("image/*");
    const chosen = new DataTransfer();
    chosen.items.add(file("cat.png"));
    input.files = chosen.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await expect.element(button("Remove cat.png")).toBeVisible();
    await expect.element(field()).toHaveTextContent("1 file taken.");
    expect(uploads(panel).map(({ name, add, parameter }) => [name, add, parameter])).toEqual([
      ["cat.png", false, "image"],
    ]);
    vi.restoreAllMocks();
  });

  it("takes dropped files as several inputs, and the panel around it leaves them alone", async () => {
    const panel = open();
    await expect.element(field()).toBeVisible();
    const target = field().element();
    expect(drag("dragover", target, file("a.png")).defaultPrevented).toBe(true);
    await expect.poll(() => target.hasAttribute("data-drop")).toBe(true);
    drag("drop", target, file("a.png"), file("b.png"));
    await expect.element(button("Remove b.png")).toBeVisible();
    expect(uploads(panel).map(({ name, add }) => [name, add])).toEqual([
      ["a.png", false],
      ["b.png", true],
    ]);
    await expect.element(field()).toHaveTextContent("2 images: everything below happens with each of them.");
    expect(target.hasAttribute("data-drop")).toBe(false);
    expect(methods(panel.kernel)).not.toContain("recipe.upload");
  });

  it("sends large files in pieces", async () => {
    const panel = open();
    await expect.element(field()).toBeVisible();
    drag("drop", field().element(), file("large.png", new Uint8Array(1_200_000)));
    await expect.element(button("Remove large.png")).toBeVisible();
    expect(uploads(panel).map(({ offset }) => offset)).toEqual([0, 524_288, 1_048_576]);
    expect(new Set(uploads(panel).map(({ upload }) => upload)).size).toBe(1);
  });

  it("says why a file is refused", async () => {
    const panel = open();
    panel.kernel.on("inputs.upload", () => {
      throw new RequestError("ConfigError", "inputs.image: song.wav is a sound; give an image");
    });
    await expect.element(field()).toBeVisible();
    drag("drop", field().element(), file("song.wav"));
    await expect.element(page.getByText("song.wav is a sound; give an image")).toBeVisible();
  });

  it("takes results of the gallery, where there is one", async () => {
    open();
    await userEvent.click(button("Use favorites"));
    await expect.element(button("Remove favorites 2.png")).toBeVisible();
    await userEvent.click(button("Use selected results"));
    await expect.element(button("Remove selected 1.png")).toBeVisible();
  });

  it("has no gallery to take from in a panel of its own", async () => {
    open(list("a.png"), { takes: false });
    await expect.element(button("Choose another file…")).toBeVisible();
    expect(button("Use favorites").query()).toBe(null);
  });

  it("removes one and all, and keeps the focus", async () => {
    open(list("a.png", "b.png", "c.png"));
    (button("Remove b.png").element() as HTMLElement).focus();
    await userEvent.keyboard("{Enter}");
    await expect.element(field()).toHaveTextContent("b.png removed.");
    await expect.element(button("Remove c.png")).toHaveFocus();
    await userEvent.click(button("Clear"));
    await expect.element(field()).toHaveTextContent("No image yet.");
    await expect.element(button("Choose a file…")).toHaveFocus();
  });

  it("shows thumbnails, and lets go of them", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const gone = vi.spyOn(URL, "revokeObjectURL");
    const panel = open(list("a.png", "b.png"));
    await expect.poll(() => panel.root.querySelectorAll(".bgw-input-item img").length).toBe(2);
    await userEvent.click(button("Remove a.png"));
    await expect.poll(() => panel.root.querySelectorAll(".bgw-input-item img").length).toBe(1);
    const urls = made.mock.results.slice(0, 2).map(({ value }) => value as string);
    // The list has changed by then, and is drawn; its thumbnails are let go of after that.
    await expect.poll(() => gone.mock.calls.flat()).toEqual(expect.arrayContaining(urls));
    vi.restoreAllMocks();
  });

  it("counts what is not listed", async () => {
    open({ ...list("a.png"), count: 1200 });
    await expect.element(field()).toHaveTextContent("and 1,199 more");
  });

  it("for assets takes results only", async () => {
    open(list(), { type: "asset" });
    await expect.element(button("Use favorites")).toBeVisible();
    expect(button("Choose a file…").query()).toBe(null);
    expect(drag("dragover", field().element(), file("a.png")).defaultPrevented).toBe(true); // the panel's
  });

  it("is where the plan's problems with inputs lead", async () => {
    const panel = open();
    panel.kernel.set("plan", impossible({ field: "inputs.image", message: "item 1: gone" }));
    await expect.element(field()).toBeVisible();
    await expect.poll(() => field().element().getAttribute("aria-describedby")).toContain("problem");
    await userEvent.click(page.getByRole("button", { name: "Generate" }));
    await expect.element(button("Choose a file…")).toHaveFocus();
  });

  it("is accessible", async () => {
    const panel = open(list("a.png", "b.png"));
    await expect.poll(() => panel.root.querySelectorAll(".bgw-input-item img").length).toBe(2);
    await expectAccessible(panel.root);
    expect(mediaField.ready).toBeTruthy();
  });
});
