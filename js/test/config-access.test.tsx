import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { expectAccessible, impossible, openPanel, PLAN, SETTINGS, varied, withParameter } from "./mountConfig";

const box = (name: string) => page.getByRole("textbox", { name, exact: true });
const EVERYTHING = varied({
  vary_prompts: true,
  prompt_variations: [
    "at dawn",
    "at night, with a very long text that has to be broken into more than one line of the list",
  ],
  vary_parameters: true,
  parameter_ranges: {
    cfg_scale: { low: 4, high: 12 },
    steps: [10, 20],
    width: [64, 128],
    sampler: ["euler", "ddim"],
    tiling: [true, false],
    note: ["a", "b"],
  },
  strategy: "one_at_a_time",
});

describe("the config panel has no accessibility violations", () => {
  it("with the settings it opens with", async () => {
    await expectAccessible(openPanel().root);
  });

  it("without batch mode", async () => {
    await expectAccessible(
      openPanel({ settings: { ...SETTINGS, config: { ...SETTINGS.config, enabled: false } } }).root,
    );
  });

  it("without a generator", async () => {
    await expectAccessible(openPanel({ generator: null }).root);
  });

  it("with everything varied, in steps too, and the first tasks open", async () => {
    const { root } = openPanel({ settings: EVERYTHING });
    await page.getByRole("group", { name: "Cfg scale", exact: true }).getByRole("radio", { name: "Steps" }).click();
    await page.getByRole("button", { name: "First tasks" }).click();
    await expectAccessible(root);
  });

  it("with wrong values", async () => {
    const { root } = openPanel({ settings: varied({ vary_parameters: true, parameter_ranges: { steps: [10] } }) });
    await box("Values").fill("x");
    await box("Width").fill("1");
    await box("Batch size").fill("");
    await page.getByRole("button", { name: "Generate" }).click();
    await expectAccessible(root);
  });

  it("with an impossible plan", async () => {
    const plan = impossible(
      { field: "prompt_variations", message: "add at least one prompt" },
      { field: "strategy", message: "zip needs lists of equal length" },
    );
    await expectAccessible(openPanel({ settings: varied({ vary_prompts: true, strategy: "zip" }), plan }).root);
  });

  it("while it starts, with optional values, in a wide panel", async () => {
    const generator = withParameter({ name: "steps", optional: true });
    const { root, kernel } = openPanel(
      { generator, queue: { paused: false, tasks: 3, batches: 1, revision: 1 } },
      undefined,
      900,
    );
    kernel.on("batch.start", () => new Promise(() => {}));
    await page.getByRole("button", { name: "Add to queue" }).click();
    await expectAccessible(root);
  });
});

describe("the config panel fits and is reached", () => {
  it.each([300, 360, 420, 600, 1000, 1600])("into %d pixels", async (width) => {
    const { root } = openPanel({ settings: EVERYTHING, plan: PLAN }, undefined, width);
    await page.getByRole("button", { name: "First tasks" }).click();
    expect(root.scrollWidth).toBe(width);
    const right = root.getBoundingClientRect().right;
    const outside = [...root.querySelectorAll("button, input, textarea, select")].filter(
      (element) => element.getBoundingClientRect().right > right + 0.5,
    );
    expect(outside).toEqual([]);
  });

  it("has targets of at least 24 pixels", () => {
    const { root } = openPanel({ settings: EVERYTHING });
    const small = [...root.querySelectorAll("button, input, textarea, select")].filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return width < 24 || height < 23.9;
    });
    expect(small.map(({ outerHTML }) => outerHTML)).toEqual([]);
  });

  it("by keyboard alone, in the order of the page", async () => {
    const { root } = openPanel();
    const names: string[] = [];
    (page.getByRole("switch", { name: "Batch mode" }).element() as HTMLElement).focus();
    for (;;) {
      await userEvent.tab();
      const element = document.activeElement;
      if (!(element instanceof HTMLElement) || !root.contains(element)) break;
      const field = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
      const label = field ? element.labels?.[0]?.textContent : null;
      names.push(element.getAttribute("aria-label") ?? label ?? element.textContent ?? "");
      if (element.textContent === "Generate") break;
    }
    expect(names.slice(0, 3)).toEqual(["Batch size", "Prompt", "Vary Prompt"]);
    expect(names).toEqual(expect.arrayContaining(["Width slider", "Width", "Vary Width", "Vary Note", "First tasks"]));
    expect(names.at(-1)).toBe("Generate");
  });
});
