import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import type { BatchSummary } from "../src/state/wire.gen";
import { described, impossible, methods, openPanel, PLAN, refusing, SETTINGS, varied } from "./mountConfig";

const box = (name: string) => page.getByRole("textbox", { name, exact: true });
const generate = () => page.getByRole("button", { name: "Generate" });
const BATCH: BatchSummary = {
  id: "b1",
  generator: "poster",
  status: "running",
  total: 8,
  counts: { queued: 6, running: 2, completed: 0, failed: 0, cancelled: 0, interrupted: 0 },
  created_at: 0,
  started_at: 0,
  completed_at: null,
  eta_s: null,
  rate_per_min: null,
  failures: [],
  executor: { name: "thread", hard_cancel: false },
};

describe("the plan", () => {
  it("says in one line what would run, with what it costs", async () => {
    const { root } = openPanel();
    expect(root.querySelector(".bgw-plan")?.textContent).toBe(
      "24 tasks = 8 seeds × 3 promptsabout 2 min · about 14 MB",
    );
  });

  it.each([
    [{ seconds: 38.2, bytes: null }, "about 38 s"],
    [{ seconds: 0.2, bytes: 900_000 }, "about 1 s · about 900 kB"],
    [{ seconds: 5000, bytes: null }, "about 1 h 23 min"],
    [{ seconds: null, bytes: null }, "No estimate before the first task."],
  ])("guesses %j as %j", async (cost, words) => {
    const { root } = openPanel({ plan: { ...PLAN, ...cost } });
    expect(root.querySelector(".bgw-plan")?.textContent).toContain(words);
  });

  it("unfolds the first tasks as a table", async () => {
    openPanel();
    const disclosure = page.getByRole("button", { name: "First tasks" });
    await expect.element(disclosure).toHaveAttribute("aria-expanded", "false");
    expect(page.getByRole("table").query()).toBeNull();
    await disclosure.click();
    await expect.element(disclosure).toHaveAttribute("aria-expanded", "true");
    const rows = page
      .getByRole("row")
      .elements()
      .map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ["Task", "Seed", "Prompt"],
      ["0", "11", "at dawn"],
      ["1", "12", "at night"],
    ]);
    await expect.element(page.getByText("and 22 more")).toBeVisible();
  });

  it("takes the same room with one line of cost or none", async () => {
    const { root, kernel } = openPanel();
    const height = root.offsetHeight;
    kernel.set("plan", { ...PLAN, summary: "8 tasks", seconds: null, bytes: null });
    await expect.element(page.getByText("No estimate before the first task.")).toBeVisible();
    expect(root.offsetHeight).toBe(height);
  });

  it("keeps Generate in its place when it becomes impossible", async () => {
    const { kernel } = openPanel();
    const before = generate().element().getBoundingClientRect().top;
    kernel.set("plan", impossible({ field: "strategy", message: "zip needs lists of equal length, not 3 and 2" }));
    await expect.element(page.getByText("zip needs lists of equal length, not 3 and 2", { exact: true })).toBeVisible();
    expect(generate().element().getBoundingClientRect().top).toBe(before);
  });

  it("names what makes it impossible, marks the field and leads to it", async () => {
    const settings = varied({
      strategy: "grid",
      vary_parameters: true,
      parameter_ranges: { cfg_scale: { low: 4, high: 12 } },
    });
    const message = "a grid needs a list, not the range 4 to 12";
    const { kernel } = openPanel({ settings, plan: impossible({ field: "parameter_ranges.cfg_scale", message }) });
    const low = page.getByRole("group", { name: "Cfg scale", exact: true }).getByRole("textbox", { name: "From" });
    await expect.element(low).toHaveAttribute("aria-invalid", "true");
    expect(described(low.element())).toContain(message);
    await page.getByRole("button", { name: "Cfg scale", exact: true }).click();
    await expect.element(low).toHaveFocus();
    kernel.set("plan", PLAN);
    await expect.element(low).not.toHaveAttribute("aria-invalid");
    expect(page.getByText(message).query()).toBeNull();
  });

  it("leads to an empty list of prompts", async () => {
    const settings = varied({ vary_prompts: true });
    openPanel({ settings, plan: impossible({ field: "prompt_variations", message: "add at least one prompt" }) });
    await page.getByRole("button", { name: "Prompt", exact: true }).click();
    await expect.element(page.getByRole("button", { name: "Add prompt" })).toHaveFocus();
  });

  it("shows a problem that no field has", async () => {
    openPanel({ plan: impossible({ field: "", message: "more than 1,000,000 tasks" }) });
    await expect.element(page.getByText("more than 1,000,000 tasks", { exact: true })).toBeVisible();
  });
});

describe("Generate", () => {
  it("starts a batch and says how many tasks", async () => {
    const { kernel } = openPanel();
    await generate().click();
    await expect.element(page.getByText("24 tasks started.")).toBeVisible();
    expect(kernel.requests).toEqual([{ method: "batch.start", params: {} }]);
  });

  it("waits until the kernel has the last edit", async () => {
    const { kernel } = openPanel();
    let taken = (_: Record<string, never>) => {};
    kernel.on("settings.update", () => new Promise((resolve) => (taken = resolve)));
    await box("Steps").fill("44");
    await generate().click();
    await expect.poll(() => kernel.requests).toEqual([{ method: "settings.update", params: { base: { steps: 44 } } }]);
    await expect.element(generate()).toHaveAttribute("aria-disabled", "true");
    (generate().element() as HTMLElement).click();
    taken({});
    await expect.poll(() => methods(kernel)).toEqual(["settings.update", "batch.start"]);
    await expect.element(generate()).not.toHaveAttribute("aria-disabled");
  });

  it("goes behind what runs", async () => {
    const { kernel } = openPanel({ batch: BATCH });
    const add = page.getByRole("button", { name: "Add to queue" });
    await add.click();
    await expect.element(page.getByText("24 tasks added to the queue.")).toBeVisible();
    kernel.set("batch", { ...BATCH, status: "completed" });
    await expect.element(generate()).toBeVisible();
    kernel.set("queue", { paused: true, tasks: 3, batches: 1, revision: 1 });
    await expect.element(add).toBeVisible();
  });

  it("works in a panel of its own, which has no batch", async () => {
    const { kernel } = openPanel();
    kernel.set("batch", undefined as never);
    kernel.set("queue", undefined as never);
    await expect.element(generate()).toBeVisible();
  });

  it("leads to the first field that is wrong instead", async () => {
    const { kernel } = openPanel();
    await box("Cfg scale").fill("99");
    await box("Width").fill("1");
    await generate().click();
    await expect.element(box("Width")).toHaveFocus();
    await expect.element(page.getByText("Not started. Check Width.")).toBeVisible();
    expect(methods(kernel)).not.toContain("batch.start");
    await box("Width").fill("512");
    await box("Cfg scale").fill("9");
    await generate().click();
    await expect.poll(() => methods(kernel)).toContain("batch.start");
    expect(kernel.trait("settings").value?.base).toMatchObject({ width: 512, cfg_scale: 9 });
  });

  it("leads to a field that the kernel refuses on the way", async () => {
    const { kernel } = openPanel();
    refusing(kernel, "base.steps", "at most 50 on this machine", ({ base }) => Number(base?.["steps"]) > 50);
    await box("Steps").fill("60");
    await generate().click();
    await expect.element(box("Steps")).toHaveFocus();
    expect(described(box("Steps").element())).toContain("at most 50 on this machine");
    expect(methods(kernel)).not.toContain("batch.start");
  });

  it("leads to what makes the plan impossible, and asks the kernel nothing", async () => {
    const plan = impossible({ field: "batch_size", message: "too many for sobol" });
    const { kernel } = openPanel({ plan });
    await generate().click();
    await expect.element(box("Batch size")).toHaveFocus();
    await expect.element(page.getByText("Not started. This plan can’t run.")).toBeVisible();
    expect(kernel.requests).toEqual([]);
  });

  it("believes the kernel, not the plan before the last edit", async () => {
    const plan = impossible({ field: "batch_size", message: "too many for sobol" });
    const { kernel } = openPanel({ plan });
    await box("Batch size").fill("4");
    (generate().element() as HTMLElement).click();
    await expect.poll(() => methods(kernel)).toEqual(["settings.update", "batch.start"]);
  });

  it("shows why the kernel would not start, at the field, until something changes", async () => {
    const { kernel } = openPanel();
    kernel.on("batch.start", () => {
      throw new RequestError("ConfigError", "no", [{ field: "strategy", message: "zip needs two lists" }]);
    });
    await generate().click();
    const strategy = page.getByRole("combobox", { name: "Strategy" });
    await expect.element(strategy).toHaveFocus();
    expect(described(strategy.element())).toContain("zip needs two lists");
    await box("Steps").fill("21");
    await expect.element(strategy).not.toHaveAttribute("aria-invalid");
  });

  it("shows other reasons beside the button", async () => {
    const { kernel } = openPanel();
    kernel.on("batch.start", () => {
      throw new RequestError("StateError", "The session is closed.");
    });
    await generate().click();
    await expect.element(page.getByText("The session is closed.")).toBeVisible();
  });

  it("answers to Ctrl+Enter from any field", async () => {
    const { kernel } = openPanel();
    await box("Prompt").fill("A lake");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    await expect.poll(() => methods(kernel)).toEqual(["settings.update", "batch.start"]);
    expect(kernel.trait("settings").value?.base["prompt"]).toBe("A lake");
  });

  it("makes one task without batch mode", async () => {
    const plan = { ...PLAN, count: 1, summary: "1 task", columns: [], rows: [] };
    const settings = { ...SETTINGS, config: { ...SETTINGS.config, enabled: false } };
    const { root, kernel } = openPanel({ plan, settings });
    expect(root.querySelector(".bgw-plan")?.textContent).toContain("1 task");
    expect(page.getByRole("button", { name: "First tasks" }).query()).toBeNull();
    await generate().click();
    await expect.poll(() => methods(kernel)).toEqual(["batch.start"]);
  });
});
