import { describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import type { RecipePiece, RecipeTaken } from "../src/state/wire.gen";
import css from "../src/styles/batchgen.css?inline";
import { sendFile } from "../src/views/config/upload";
import { expectAccessible, methods, openPanel, type Panel, SETTINGS } from "./mountConfig";

const style = document.createElement("style");
style.textContent = css;
document.head.append(style);

const TAKEN: RecipeTaken = {
  made_by: "automatic1111",
  generator: null,
  taken: ["prompt", "cfg_scale", "seed"],
  varied: ["seed"],
  left_out: [{ name: "sampler", reason: "'DPM++ 2M' is not allowed; choose one of 'euler', 'ddim', 'dpm++'" }],
};

function answering(panel: Panel, change: Partial<RecipeTaken> = {}): RecipePiece[] {
  const pieces: RecipePiece[] = [];
  panel.kernel.on("recipe.upload", (piece) => {
    pieces.push(piece);
    const end = piece.offset + atob(piece.data).length;
    if (end < piece.size) return { next: end, taken: null };
    panel.kernel.set("settings", { ...SETTINGS, base: { ...SETTINGS.base, prompt: "a fox", cfg_scale: 6.5 } });
    return { next: null, taken: { ...TAKEN, ...change } };
  });
  return pieces;
}

const fox = (bytes: BlobPart = "pixels", name = "fox.png") => new File([bytes], name, { type: "image/png" });
const button = (name: string) => page.getByRole("button", { name });
const notice = () => page.getByRole("group", { name: /^Recipe of/ });

/** Press the button, and choose a file in the browser's dialog. */
async function choose(file: File, press = () => button("Fill in from a file…").click()): Promise<void> {
  const list = new DataTransfer();
  list.items.add(file);
  const dialog = vi.spyOn(HTMLInputElement.prototype, "click").mockImplementation(function (this: HTMLInputElement) {
    this.files = list.files;
    this.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await press();
  expect(dialog).toHaveBeenCalledOnce();
  dialog.mockRestore();
}

function drag(type: string, target: Element, file?: File): DragEvent {
  const dataTransfer = new DataTransfer();
  if (file) dataTransfer.items.add(file);
  else dataTransfer.setData("text/plain", "words");
  const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
  target.dispatchEvent(event);
  return event;
}

describe("filling in from a file", () => {
  it("opens the browser's dialog by keyboard, and takes what is chosen there", async () => {
    const panel = openPanel();
    const pieces = answering(panel);
    (button("Fill in from a file…").element() as HTMLElement).focus();
    await choose(fox(), () => userEvent.keyboard("{Enter}"));
    await expect.element(page.getByText(/3 settings filled in from fox\.png/)).toBeVisible();
    expect(pieces.map(({ name, size, offset, data }) => [name, size, offset, atob(data)])).toEqual([
      ["fox.png", 6, 0, "pixels"],
    ]);
    await expect.element(page.getByRole("textbox", { name: "Prompt" })).toHaveValue("a fox");
  });

  it("says who made it, what was taken, what was not and why", async () => {
    const panel = openPanel();
    answering(panel);
    await choose(fox());
    await expect.element(notice()).toBeVisible();
    const status = page.getByRole("status").filter({ hasText: "filled in" });
    await expect
      .element(status)
      .toHaveTextContent("3 settings filled in from fox.png, made by AUTOMATIC1111; 1 left out.");
    await expect.element(notice()).toHaveTextContent("Prompt, Cfg scale, Seed");
    await expect.element(notice()).toHaveTextContent("Varied in this batch: Seed.");
    await expect.element(page.getByRole("list", { name: "Left out" })).toHaveTextContent("'DPM++ 2M' is not allowed");
    await expectAccessible(panel.root);
  });

  it.each([
    [{ made_by: "batchgen", generator: "poster" } as const, "made by poster."],
    [{ made_by: "comfyui" } as const, "made by ComfyUI."],
    [{ taken: [], varied: [], made_by: "invokeai" } as const, "Nothing in fox.png fits this form, made by InvokeAI."],
  ])("names the maker %#", async (change, words) => {
    const panel = openPanel();
    answering(panel, { left_out: [], ...change } as Partial<RecipeTaken>);
    await choose(fox());
    await expect.element(notice()).toHaveTextContent(words);
  });

  it("gives the focus back when it is closed", async () => {
    const panel = openPanel();
    answering(panel);
    await choose(fox());
    await button("Close").click();
    expect(notice().query()).toBeNull();
    expect(document.activeElement).toBe(button("Fill in from a file…").element());
  });

  it("tells what was wrong, and takes another file", async () => {
    const panel = openPanel();
    panel.kernel.on("recipe.upload", () => {
      throw new RequestError("ParameterError", "fox.png says nothing about how it was made");
    });
    await choose(fox());
    await expect.element(page.getByRole("alert")).toHaveTextContent("says nothing about how it was made");
    await expectAccessible(panel.root);
    answering(panel);
    await choose(fox("more", "fox2.png"));
    await expect.element(page.getByText(/filled in from fox2\.png/)).toBeVisible();
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("sends nothing of a file that is empty or too large", async () => {
    const panel = openPanel();
    await choose(fox(""));
    await expect.element(page.getByRole("alert")).toHaveTextContent("fox.png is empty.");
    const large = fox();
    Object.defineProperty(large, "size", { value: 2 ** 27 });
    await choose(large);
    await expect.element(page.getByRole("alert")).toHaveTextContent("larger than 64 MB");
    expect(methods(panel.kernel)).not.toContain("recipe.upload");
  });

  it("sends what is being typed first", async () => {
    const panel = openPanel();
    answering(panel);
    await page.getByRole("textbox", { name: "Prompt" }).fill("a badger");
    await choose(fox());
    await expect.element(notice()).toHaveTextContent("filled in");
    const order = methods(panel.kernel).filter((method) => method !== "clock");
    expect(order.indexOf("settings.update")).toBeLessThan(order.indexOf("recipe.upload"));
    expect(panel.sentBase()["prompt"]).toBe("a badger");
    await expect.element(page.getByRole("textbox", { name: "Prompt" })).toHaveValue("a fox");
  });
});

describe("dropping", () => {
  it("takes a file anywhere on the panel, and shows that it would", async () => {
    const panel = openPanel();
    answering(panel);
    const section = panel.root.querySelector(".bgw-config") as HTMLElement;
    const field = panel.root.querySelector("textarea") as HTMLElement;
    expect(drag("dragover", field, fox()).defaultPrevented).toBe(true);
    await vi.waitFor(() => expect(section.dataset["drop"]).toBe("true"));
    drag("dragleave", section);
    await vi.waitFor(() => expect(section.dataset["drop"]).toBeUndefined());
    drag("dragover", field, fox());
    expect(drag("drop", field, fox()).defaultPrevented).toBe(true);
    await expect.element(page.getByText(/3 settings filled in from fox\.png/)).toBeVisible();
    expect(section.dataset["drop"]).toBeUndefined();
  });

  it("leaves text, and what a field inside has taken, alone", async () => {
    const panel = openPanel();
    answering(panel);
    const field = panel.root.querySelector("textarea") as HTMLElement;
    expect(drag("dragover", field).defaultPrevented).toBe(false);
    expect(drag("drop", field).defaultPrevented).toBe(false);
    field.addEventListener("drop", (event) => event.preventDefault());
    drag("drop", field, fox());
    await new Promise((resolve) => setTimeout(resolve));
    expect(methods(panel.kernel)).not.toContain("recipe.upload");
  });
});

describe("sending", () => {
  it("goes piece by piece, from where the kernel says, and stops where it has enough", async () => {
    const bytes = Uint8Array.from({ length: 1_300_000 }, (_, index) => index % 251);
    const sent: number[] = [];
    const shares: number[] = [];
    const send = async ({ offset, data }: RecipePiece) => {
      const piece = atob(data);
      sent.push(offset, piece.length);
      expect(piece.charCodeAt(piece.length - 1)).toBe((offset + piece.length - 1) % 251);
      const end = offset + piece.length;
      return { next: end < bytes.length ? end : null };
    };
    await sendFile(fox(bytes), send, (share) => shares.push(share), new AbortController().signal);
    expect(sent).toEqual([0, 524_288, 524_288, 524_288, 1_048_576, 251_424]);
    expect(shares).toHaveLength(2);
    sent.length = 0;
    await sendFile(
      fox(bytes),
      async (piece) => ({ next: await send(piece).then(() => null) }),
      vi.fn(),
      new AbortController().signal,
    );
    expect(sent).toEqual([0, 524_288]);
  });

  it("stops when nobody waits any more", async () => {
    const panel = openPanel();
    const pieces: RecipePiece[] = [];
    let go = () => {};
    panel.kernel.on("recipe.upload", async (piece) => {
      pieces.push(piece);
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return { next: piece.offset + 524_288, taken: null };
    });
    await choose(fox(new Uint8Array(2_000_000)));
    await expect.element(page.getByText("Reading fox.png…")).toBeVisible();
    await vi.waitFor(() => expect(pieces).toHaveLength(1));
    await button("Stop").click();
    go();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pieces).toHaveLength(1);
    expect(document.activeElement).toBe(button("Fill in from a file…").element());
  });
});
