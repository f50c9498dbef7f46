import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { openPanel, varied } from "./mountConfig";

const prompt = (number: number) => page.getByRole("textbox", { name: `prompt ${number}`, exact: true });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const texts = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLTextAreaElement>("li textarea")].map(({ value }) => value);
const three = () => openPanel({ settings: varied({ vary_prompts: true, prompt_variations: ["one", "two", "three"] }) });

describe("prompt variations", () => {
  it("begin with the prompt that is there", async () => {
    const { sentVariation } = openPanel();
    await page.getByRole("switch", { name: "Vary Prompt" }).click();
    await expect
      .poll(sentVariation)
      .toMatchObject({ vary_prompts: true, prompt_variations: ["A beautiful landscape"] });
    await expect.element(prompt(1)).toHaveValue("A beautiful landscape");
    expect(page.getByRole("textbox", { name: "Prompt", exact: true }).query()).toBeNull();
  });

  it("stay in the kernel while they are switched off", async () => {
    const { sentVariation, root } = three();
    await page.getByRole("switch", { name: "Vary Prompt" }).click();
    await expect.poll(sentVariation).toMatchObject({ vary_prompts: false, prompt_variations: ["one", "two", "three"] });
    await page.getByRole("switch", { name: "Vary Prompt" }).click();
    await expect.poll(() => texts(root)).toEqual(["one", "two", "three"]);
  });

  it("are added to and edited; blanks are not sent", async () => {
    const { sentVariation, updates } = three();
    await button("Add prompt").click();
    await expect.element(prompt(4)).toHaveFocus();
    expect(updates()).toEqual([]);
    await userEvent.keyboard("four");
    await prompt(2).fill("second");
    await userEvent.tab();
    await expect.poll(() => sentVariation()?.prompt_variations).toEqual(["one", "second", "three", "four"]);
  });

  it("are written one after the other with Enter, and taken back with Backspace", async () => {
    const { sentVariation, root } = three();
    await prompt(1).click();
    await userEvent.keyboard("{Enter}");
    await expect.element(prompt(2)).toHaveFocus();
    await userEvent.keyboard("new");
    await expect.poll(() => sentVariation()?.prompt_variations).toEqual(["one", "new", "two", "three"]);
    await userEvent.keyboard("{Backspace}{Backspace}{Backspace}{Backspace}");
    await expect.poll(() => texts(root)).toEqual(["one", "two", "three"]);
    await expect.element(prompt(2)).toHaveFocus();
  });

  it("move with buttons, and the focus goes along", async () => {
    const { sentVariation, root } = three();
    await button("Move prompt 3 up").click();
    await expect.element(button("Move prompt 2 up")).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    expect(texts(root)).toEqual(["three", "one", "two"]);
    await expect.poll(() => sentVariation()?.prompt_variations).toEqual(["three", "one", "two"]);
    // The first can't go further up: the focus stays with it, on what can be done.
    await expect.element(button("Move prompt 1 down")).toHaveFocus();
    await expect.element(page.getByText("Moved to place 1 of 3.")).toBeInTheDocument();
  });

  it("move with Alt and the arrow keys while they are edited", async () => {
    const { sentVariation } = three();
    await prompt(1).click();
    await userEvent.keyboard("{Alt>}{ArrowDown}{/Alt}");
    await expect.element(prompt(2)).toHaveFocus();
    await expect.element(prompt(2)).toHaveValue("one");
    await expect.poll(() => sentVariation()?.prompt_variations).toEqual(["two", "one", "three"]);
  });

  it("are removed, and the focus goes to the next, at last to Add", async () => {
    const { sentVariation } = three();
    await button("Remove prompt 2").click();
    await expect.element(button("Remove prompt 2")).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    await expect.element(button("Remove prompt 1")).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    await expect.element(button("Add prompt")).toHaveFocus();
    await expect.poll(() => sentVariation()?.prompt_variations).toEqual([]);
  });

  it("take several lines from the clipboard as several prompts", async () => {
    const { root, sentVariation } = three();
    await button("Add prompt").click();
    const data = new DataTransfer();
    data.setData("text", "four\n\nfive\r\n");
    prompt(4)
      .element()
      .dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    await expect.poll(() => texts(root)).toEqual(["one", "two", "three", "four", "five"]);
    await expect.poll(() => sentVariation()?.prompt_variations).toHaveLength(5);
  });

  it("follow Python, but not under the hands of a person who types", async () => {
    const { kernel, root } = three();
    kernel.set("settings", varied({ vary_prompts: true, prompt_variations: ["one", "zwei"] }));
    await expect.poll(() => texts(root)).toEqual(["one", "zwei"]);
    await prompt(1).click();
    kernel.set("settings", varied({ vary_prompts: true, prompt_variations: ["eins"] }, 5));
    await expect.element(page.getByRole("textbox", { name: "Batch size", exact: true })).toHaveValue("5");
    expect(texts(root)).toEqual(["one", "zwei"]);
    await page.getByRole("combobox", { name: "Strategy" }).click();
    await expect.poll(() => texts(root)).toEqual(["eins"]);
  });

  it("serve other texts as well", async () => {
    const { sentVariation } = openPanel({ settings: varied({}, 8, { note: "a" }) });
    await page.getByRole("switch", { name: "Vary Note" }).click();
    await button("Add note").click();
    await userEvent.keyboard("b");
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ note: ["a", "b"] });
  });
});
