import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { described, openPanel, varied, withParameter } from "./mountConfig";

const box = (name: string) => page.getByRole("textbox", { name, exact: true });
const toggle = (name: string) => page.getByRole("switch", { name: `Vary ${name}`, exact: true });
const part = (group: string, name: string) =>
  page.getByRole("group", { name: group, exact: true }).getByRole("textbox", { name, exact: true });
const mode = (name: string) => page.getByRole("radio", { name, exact: true });
const vary = (parameter_ranges: Record<string, (string | number | boolean | null)[] | { low: number; high: number }>) =>
  varied({ vary_parameters: true, parameter_ranges });

describe("varying a number", () => {
  it("proposes its bounds as a range, which replaces the base value", async () => {
    const { sentVariation } = openPanel();
    await toggle("Cfg scale").click();
    await expect.poll(sentVariation).toMatchObject({
      vary_parameters: true,
      parameter_ranges: { cfg_scale: { low: 1, high: 20 } },
    });
    expect(box("Cfg scale").query()).toBeNull();
    await expect.element(part("Cfg scale", "From")).toHaveValue("1");
    await expect.element(part("Cfg scale", "To")).toHaveValue("20");
    await expect.element(toggle("Cfg scale")).toHaveFocus();
  });

  it("proposes half to double where there are no bounds", async () => {
    const generator = withParameter({ name: "steps", minimum: null, maximum: null });
    const { sentVariation } = openPanel({ generator });
    await toggle("Steps").click();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ steps: { low: 10, high: 40 } });
  });

  it("proposes a list where the strategy needs one, and keeps the base where it starts from it", async () => {
    const { sentVariation } = openPanel({ settings: varied({ strategy: "one_at_a_time" }) });
    await toggle("Cfg scale").click();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ cfg_scale: [1, 5.5, 10.5, 15, 20] });
    await expect.element(mode("Steps")).toBeChecked();
    await expect.element(box("Cfg scale")).toHaveValue("7.5");
  });

  it("brings the values back when it is turned off and on again", async () => {
    const { sentVariation } = openPanel({ settings: vary({ steps: [10, 20, 40] }) });
    await toggle("Steps").click();
    await expect.poll(sentVariation).toMatchObject({ vary_parameters: false, parameter_ranges: {} });
    await expect.element(box("Steps")).toHaveValue("20");
    await toggle("Steps").click();
    await expect
      .poll(sentVariation)
      .toMatchObject({ vary_parameters: true, parameter_ranges: { steps: [10, 20, 40] } });
    await expect.element(box("Values")).toHaveValue("10, 20, 40");
  });

  it("checks the ends of a range against the bounds and each other", async () => {
    const { sentVariation } = openPanel({ settings: vary({ cfg_scale: { low: 4, high: 12 } }) });
    await part("Cfg scale", "From").fill("0");
    await expect.element(part("Cfg scale", "From")).toHaveAttribute("aria-invalid", "true");
    await expect.element(part("Cfg scale", "To")).not.toHaveAttribute("aria-invalid");
    expect(described(part("Cfg scale", "From").element())).toBe("Must be from 1 to 20.");
    await part("Cfg scale", "From").fill("12");
    await expect.element(part("Cfg scale", "To")).toHaveAttribute("aria-invalid", "true");
    await part("Cfg scale", "To").fill("14");
    await userEvent.tab();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ cfg_scale: { low: 12, high: 14 } });
  });

  it("checks a list value by value", async () => {
    const { sentVariation, updates } = openPanel({ settings: vary({ steps: [10, 20] }) });
    await box("Values").fill("10, 200");
    expect(described(box("Values").element())).toBe("“200”: must be from 1 to 150.");
    await userEvent.tab();
    expect(updates()).toEqual([]);
    await expect.element(box("Values")).toHaveValue("10, 200");
    await box("Values").fill("10,100 ,");
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ steps: [10, 100] });
    await expect.element(box("Values")).toHaveValue("10, 100");
  });

  it("makes a list from steps, shows it, and remembers that it was steps", async () => {
    const { sentVariation, root } = openPanel({ settings: vary({ cfg_scale: { low: 4, high: 12 } }) });
    await mode("Steps").click();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ cfg_scale: [4, 6, 8, 10, 12] });
    await part("Cfg scale", "Count").fill("3");
    await userEvent.tab();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ cfg_scale: [4, 8, 12] });
    expect(root.textContent).toContain("4, 8, 12");
    await expect.element(mode("Steps")).toBeChecked();
    await mode("Values").click();
    await expect.element(box("Values")).toHaveValue("4, 8, 12");
    await mode("Range").click();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ cfg_scale: { low: 4, high: 12 } });
  });

  it("chooses the way to vary with the arrow keys", async () => {
    openPanel({ settings: vary({ cfg_scale: { low: 4, high: 12 } }) });
    (mode("Range").element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}");
    await expect.element(mode("Values")).toHaveFocus();
    await expect.element(mode("Values")).toBeChecked();
    await userEvent.keyboard("{ArrowLeft}{ArrowLeft}");
    await expect.element(mode("Steps")).toHaveFocus();
  });

  it("follows Python while it is untouched", async () => {
    const { kernel } = openPanel({ settings: vary({ steps: [10, 20] }) });
    kernel.set("settings", vary({ steps: { low: 5, high: 50 } }));
    await expect.element(part("Steps", "From")).toHaveValue("5");
    await expect.element(mode("Range")).toBeChecked();
    kernel.set("settings", varied({}));
    await expect.element(toggle("Steps")).not.toBeChecked();
    await expect.element(box("Steps")).toHaveValue("20");
  });

  it("forgets a wrong text when batch mode hides it", async () => {
    const { root } = openPanel({ settings: vary({ steps: [10, 20] }) });
    await box("Values").fill("x");
    await page.getByRole("switch", { name: "Batch mode" }).click();
    await expect.element(box("Steps")).toHaveValue("20");
    expect(root.querySelector("[data-blocked], [aria-invalid]")).toBeNull();
  });
});

describe("varying choices and switches", () => {
  it("starts with every value and sends those that stay chosen", async () => {
    const { sentVariation } = openPanel();
    await toggle("Sampler").click();
    const chips = page.getByRole("group", { name: "Sampler", exact: true });
    await chips.getByRole("button", { name: "ddim" }).click();
    await expect.poll(() => sentVariation()?.parameter_ranges).toEqual({ sampler: ["euler", "dpm++"] });
    await expect.element(chips.getByRole("button", { name: "ddim" })).toHaveAttribute("aria-pressed", "false");
  });

  it("wants at least one value", async () => {
    const { updates } = openPanel({ settings: vary({ tiling: [true] }) });
    await page.getByRole("button", { name: "On", exact: true }).click();
    await expect.element(page.getByText("Choose at least one value.")).toBeVisible();
    expect(updates()).toEqual([]);
    await page.getByRole("button", { name: "Off", exact: true }).click();
    await expect.poll(() => updates().at(-1)?.config?.variation_params.parameter_ranges).toEqual({ tiling: [false] });
  });

  it("has both values of a switch, and none of an optional choice", async () => {
    const generator = withParameter({ name: "sampler", optional: true });
    const { sentVariation } = openPanel({ generator });
    await toggle("Tiling").click();
    await toggle("Sampler").click();
    await expect
      .poll(() => sentVariation()?.parameter_ranges)
      .toEqual({ tiling: [true, false], sampler: [null, "euler", "ddim", "dpm++"] });
  });
});

describe("varying seeds", () => {
  it("edits the range that seeds are drawn from", async () => {
    const { sentVariation } = openPanel();
    await part("Seed", "From").fill("-1");
    expect(described(part("Seed", "From").element())).toBe("Must be 0 or more.");
    await part("Seed", "From").fill("100");
    await part("Seed", "To").fill("999");
    await userEvent.tab();
    await expect.poll(() => sentVariation()?.seed_range).toEqual([100, 999]);
  });

  it("asks for the policy only where combinations may share seeds", async () => {
    const { sentVariation } = openPanel();
    expect(mode("Per task").query()).toBeNull();
    await page.getByRole("combobox", { name: "Strategy" }).selectOptions("grid");
    await expect.element(mode("Shared")).toBeChecked();
    await mode("Per task").click();
    await expect.poll(() => sentVariation()?.seed_policy).toBe("per_task");
  });

  it("goes back to one seed", async () => {
    const { sentVariation } = openPanel();
    await toggle("Seed").click();
    await expect.poll(() => sentVariation()?.vary_seeds).toBe(false);
    await expect.element(box("Seed")).toHaveValue("0");
  });

  it("shows seeds that Python gave as a list", async () => {
    openPanel({ settings: vary({ seed: [1, 2, 3] }) });
    await expect.element(part("Seed", "Values")).toHaveValue("1, 2, 3");
  });
});
