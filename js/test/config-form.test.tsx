import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { described, openPanel, POSTER, refusing, SETTINGS, varied, withParameter } from "./mountConfig";

const box = (name: string) => page.getByRole("textbox", { name, exact: true });
const input = (name: string) => box(name).element() as HTMLInputElement;
const toggle = (name: string) => page.getByRole("switch", { name, exact: true });
const single = { ...SETTINGS, config: { ...SETTINGS.config, enabled: false } };

describe("the form", () => {
  it("shows the generator and a control for each of its parameters", async () => {
    openPanel({ settings: single });
    await expect.element(page.getByRole("heading", { name: "poster" })).toBeVisible();
    await expect.element(page.getByText("Paint a landscape from a prompt.")).toBeVisible();
    expect(input("Prompt")).toBeInstanceOf(HTMLTextAreaElement);
    expect(input("Seed").value).toBe("0");
    expect(input("Cfg scale").value).toBe("7.5");
    await expect.element(page.getByRole("slider", { name: "Cfg scale slider" })).toHaveValue("7.5");
    await expect.element(page.getByRole("combobox", { name: "Sampler" })).toHaveDisplayValue("euler");
    await expect.element(toggle("Tiling")).not.toBeChecked();
    await expect.element(box("Note")).toHaveAttribute("placeholder", "none");
  });

  it("says what is missing while the kernel has no generator", async () => {
    openPanel({ generator: null, settings: null });
    await expect.element(page.getByText("No generator")).toBeVisible();
  });

  it("offers no slider where a bound is missing, nor for seeds", () => {
    openPanel({ generator: withParameter({ name: "steps", maximum: null }) });
    expect(page.getByRole("slider", { name: "Steps slider" }).query()).toBeNull();
    expect(page.getByRole("slider", { name: "Seed slider" }).query()).toBeNull();
    expect(page.getByRole("slider", { name: "Width slider" }).query()).not.toBeNull();
  });

  it("sends what was typed once the hands rest, as one update", async () => {
    const { updates, kernel } = openPanel();
    await box("Steps").fill("3");
    await userEvent.keyboard("0");
    await expect.poll(updates).toEqual([{ base: { steps: 30 } }]);
    expect(kernel.trait("settings").value?.base["steps"]).toBe(30);
  });

  it("sends at once on Enter and on blur", async () => {
    const { updates } = openPanel();
    await box("Steps").fill("31");
    await userEvent.keyboard("{Enter}");
    expect(updates()).toEqual([{ base: { steps: 31 } }]);
    await box("Width").fill("640");
    await userEvent.tab();
    await expect.poll(updates).toEqual([{ base: { steps: 31 } }, { base: { width: 640 } }]);
  });

  it("keeps a wrong number to itself and says what is allowed", async () => {
    const { updates } = openPanel();
    await box("Width").fill("500");
    await expect.element(box("Width")).toHaveAttribute("aria-invalid", "true");
    expect(described(input("Width"))).toBe("Must go in steps of 64: 448 or 512.");
    await userEvent.tab();
    expect(input("Width").value).toBe("500");
    await box("Width").fill("576");
    await expect.element(box("Width")).not.toHaveAttribute("aria-invalid");
    await expect.poll(updates).toEqual([{ base: { width: 576 } }]);
  });

  it("moves nothing when a message of one line appears", async () => {
    const { root } = openPanel();
    const height = root.offsetHeight;
    await box("Steps").fill("0");
    await expect.element(page.getByText("Must be from 1 to 150.")).toBeVisible();
    expect(root.offsetHeight).toBe(height);
  });

  it("steps with the arrow keys, inside the bounds", async () => {
    const { sentBase } = openPanel();
    await box("Cfg scale").click();
    await userEvent.keyboard("{ArrowUp}{ArrowUp}{Shift>}{ArrowDown}{/Shift}");
    expect(input("Cfg scale").value).toBe("3.5");
    await userEvent.keyboard("{Shift>}{ArrowDown}{/Shift}{Enter}");
    await expect.poll(sentBase).toEqual({ cfg_scale: 1 });
  });

  it("ties the slider to the field", async () => {
    const { sentBase } = openPanel();
    await box("Steps").fill("nonsense");
    (page.getByRole("slider", { name: "Steps slider" }).element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    expect(input("Steps").value).toBe("22");
    await expect.element(box("Steps")).not.toHaveAttribute("aria-invalid");
    await expect.poll(sentBase).toEqual({ steps: 22 });
  });

  it("rolls a seed", async () => {
    const { sentBase } = openPanel({ settings: varied({ vary_seeds: false }) });
    await page.getByRole("button", { name: "Roll a new Seed" }).click();
    await expect.poll(sentBase).toEqual({ seed: expect.any(Number) });
    expect(input("Seed").value).toBe(String(sentBase()["seed"]));
  });

  it("sends choices, switches and texts", async () => {
    const { sentBase } = openPanel();
    await page.getByRole("combobox", { name: "Sampler" }).selectOptions("dpm++");
    await toggle("Tiling").click();
    await box("Prompt").fill("A lake");
    await userEvent.tab();
    await expect.poll(sentBase).toEqual({ sampler: "dpm++", tiling: true, prompt: "A lake" });
  });

  it("can empty what is optional", async () => {
    const generator = withParameter({ name: "steps", optional: true });
    const settings = varied({}, 8, { note: "hello" });
    const { sentBase } = openPanel({ generator, settings });
    await page.getByRole("button", { name: "Set Steps to none" }).click();
    expect(input("Steps").value).toBe("");
    await expect.element(page.getByRole("slider", { name: "Steps slider" })).toHaveAttribute("aria-valuetext", "none");
    await box("Note").clear();
    await userEvent.tab();
    await expect.poll(sentBase).toEqual({ steps: null, note: null });
  });
});

describe("between the form and the kernel", () => {
  it("shows what Python sets in untouched fields at once", async () => {
    const { kernel } = openPanel();
    kernel.set("settings", varied({}, 3, { steps: 77, prompt: "From Python" }));
    await expect.element(box("Steps")).toHaveValue("77");
    await expect.element(box("Prompt")).toHaveValue("From Python");
    await expect.element(box("Batch size")).toHaveValue("3");
  });

  it("never replaces the text that is being typed by an echo", async () => {
    const { kernel, updates } = openPanel();
    await box("Cfg scale").fill("7.");
    await expect.poll(updates).toEqual([{ base: { cfg_scale: 7 } }]);
    kernel.set("settings", varied({}, 8, { cfg_scale: 7, steps: 33 }));
    await expect.element(box("Steps")).toHaveValue("33");
    expect(input("Cfg scale").value).toBe("7.");
    await userEvent.keyboard("5");
    await userEvent.tab();
    await expect.poll(updates).toEqual([{ base: { cfg_scale: 7 } }, { base: { cfg_scale: 7.5 } }]);
  });

  it("keeps text that the kernel trims until the person leaves it", async () => {
    const { kernel } = openPanel();
    kernel.on("settings.update", ({ base }) => {
      kernel.set("settings", varied({}, 8, { ...base, prompt: String(base?.["prompt"]).trim() }));
      return {};
    });
    await box("Prompt").fill("A lake ");
    await expect.poll(() => kernel.trait("settings").value?.base["prompt"]).toBe("A lake");
    expect(input("Prompt").value).toBe("A lake ");
    await userEvent.tab();
    await expect.element(box("Prompt")).toHaveValue("A lake");
  });

  it("holds an edit over older settings until the kernel has it", async () => {
    const { kernel } = openPanel();
    let answer = (_: Record<string, never>) => {};
    kernel.on("settings.update", () => new Promise((resolve) => (answer = resolve)));
    await toggle("Tiling").click();
    kernel.set("settings", varied({}, 5));
    await expect.element(box("Batch size")).toHaveValue("5");
    await expect.element(toggle("Tiling")).toBeChecked();
    kernel.set("settings", varied({}, 5, { tiling: true }));
    answer({});
    kernel.set("settings", varied({}, 5, { tiling: false }));
    await expect.element(toggle("Tiling")).not.toBeChecked();
  });

  it("shows the kernel's no at the field, and sends the rest without it", async () => {
    const { kernel, updates } = openPanel();
    refusing(kernel, "base.width", "1024 needs more memory than there is.", ({ base }) => base?.["width"] === 1024);
    await toggle("Tiling").click();
    await box("Width").fill("1024");
    await userEvent.tab();
    await expect.element(box("Width")).toHaveAttribute("aria-invalid", "true");
    expect(described(input("Width"))).toBe("1024 needs more memory than there is.");
    expect(input("Width").value).toBe("1024");
    expect(kernel.trait("settings").value?.base).toMatchObject({ tiling: true, width: 512 });
    const before = updates().length;
    await box("Width").fill("960");
    await userEvent.tab();
    await expect.poll(() => kernel.trait("settings").value?.base["width"]).toBe(960);
    expect(updates().length).toBe(before + 1);
    await expect.element(box("Width")).not.toHaveAttribute("aria-invalid");
  });

  it("says so when the kernel does not answer, and tries again with the next edit", async () => {
    const { kernel, updates } = openPanel();
    kernel.on("settings.update", () => {
      throw new Error("The kernel does not answer.");
    });
    await box("Steps").fill("50");
    await userEvent.tab();
    await expect.element(page.getByText("The kernel does not answer.")).toBeVisible();
    kernel.on("settings.update", () => ({}));
    await box("Width").fill("640");
    await userEvent.tab();
    await expect.poll(() => updates().at(-1)).toEqual({ base: { steps: 50, width: 640 } });
  });

  it("agrees with another view of the same model", async () => {
    const first = openPanel();
    const second = openPanel({}, first.kernel);
    const field = (root: HTMLElement) => page.elementLocator(root).getByRole("textbox", { name: "Steps", exact: true });
    await field(first.root).fill("99");
    await userEvent.tab();
    await expect.element(field(second.root)).toHaveValue("99");
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("sends what was typed just before the view goes", async () => {
    const { updates, root } = openPanel();
    await box("Steps").fill("41");
    const { render } = await import("preact");
    render(null, root);
    await expect.poll(updates).toEqual([{ base: { steps: 41 } }]);
  });
});

describe("batch mode", () => {
  it("hides sizes, variation and strategy when it is off", async () => {
    const { updates } = openPanel();
    await page.getByRole("switch", { name: "Batch mode" }).click();
    await expect.poll(() => updates().at(-1)?.config?.enabled).toBe(false);
    expect(box("Batch size").query()).toBeNull();
    expect(page.getByRole("switch", { name: "Vary Width" }).query()).toBeNull();
    expect(page.getByRole("combobox", { name: "Strategy" }).query()).toBeNull();
    expect(input("Seed").value).toBe("0");
  });

  it("checks the size and sends the whole config", async () => {
    const { updates } = openPanel();
    await box("Batch size").fill("0");
    expect(described(input("Batch size"))).toContain("from 1 to 1000000");
    await box("Batch size").fill("16");
    await userEvent.tab();
    await expect.poll(updates).toEqual([{ config: { ...SETTINGS.config, batch_size: 16 } }]);
  });

  it("explains each strategy in one line", async () => {
    const { root, sentVariation } = openPanel();
    const strategy = page.getByRole("combobox", { name: "Strategy" });
    const seen = new Set<string>();
    for (const option of (strategy.element() as HTMLSelectElement).options) {
      await strategy.selectOptions(option.value);
      await expect.poll(() => sentVariation()?.strategy ?? "random").toBe(option.value);
      seen.add(described(strategy.element()));
    }
    expect(seen.size).toBe(6);
    expect(root.textContent).toContain("One at a time");
  });

  it("has the parameters of the generator in their order", () => {
    const { root } = openPanel();
    const labels = [...root.querySelectorAll(".bgw-form .bgw-row-label")].map(({ textContent }) => textContent);
    expect(labels).toEqual(POSTER.parameters.map(({ label }) => label));
  });
});
