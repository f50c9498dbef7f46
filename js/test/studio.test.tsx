import { describe, expect, it } from "vitest";
import { page } from "vitest/browser";
import { type Simulation, simulate } from "../dev/simulate";
import { STATES } from "../dev/states";
import { TASK_STATUSES } from "../src/state/wire.gen";
import { Studio } from "../src/views/studio/Studio";
import { expectAccessible, show } from "./mountConfig";

const left = (element: Element | null) => element?.getBoundingClientRect().left ?? Number.NaN;
const top = (element: Element | null) => element?.getBoundingClientRect().top ?? Number.NaN;

function open(width: number, state: keyof typeof STATES = "default"): { kernel: Simulation; root: HTMLElement } {
  const kernel = simulate(STATES[state]);
  return { kernel, root: show(Studio, kernel, width) };
}

/** Let the simulated kernel work until its batch is done. */
function runAll(kernel: Simulation): void {
  for (let step = 0; step < 1000 && kernel.trait("batch").value?.completed_at === null; step += 1) kernel.tick();
}

describe("the studio", () => {
  it("puts the form beside what it makes where there is room", () => {
    const { root } = open(1000);
    const side = root.querySelector(".bgw-studio-side");
    const main = root.querySelector(".bgw-studio-main");
    expect(left(main)).toBeGreaterThan(left(side) + 339);
    expect(top(main)).toBe(top(side));
    const [progress, gallery] = main?.children ?? [];
    expect(top(gallery ?? null)).toBeGreaterThan(top(progress ?? null));
  });

  it("stacks the panels where there is not", () => {
    const { root } = open(979);
    const side = root.querySelector(".bgw-studio-side");
    const main = root.querySelector(".bgw-studio-main");
    expect(left(main)).toBe(left(side));
    expect(top(main)).toBeGreaterThan(top(side));
  });

  it.each([360, 600, 1000, 1600])("does not scroll sideways at %d pixels, empty or full", async (width) => {
    const { kernel, root } = open(width, "varied");
    expect(root.scrollWidth).toBe(width);
    await page.getByRole("button", { name: "Generate" }).click();
    await expect.poll(() => kernel.trait("batch").value?.total).toBe(8);
    runAll(kernel);
    await expect.poll(() => root.querySelectorAll("img").length).toBeGreaterThan(3);
    expect(root.scrollWidth).toBe(width);
  });

  it("takes a person from the form to the results", async () => {
    const { kernel, root } = open(1000);
    await page.getByRole("button", { name: "Generate" }).click();
    await expect.element(page.getByText("8 tasks started.")).toBeVisible();
    kernel.tick();
    await expect.element(page.getByRole("button", { name: "Add to queue" })).toBeVisible();
    runAll(kernel);
    await expect.element(page.getByRole("button", { name: "Generate" })).toBeVisible();
    expect(kernel.trait("batch").value?.counts).toMatchObject({ completed: 7, failed: 1 });
    await expect.poll(() => root.querySelectorAll(".bgw-studio-main img").length).toBeGreaterThanOrEqual(7);
    const statuses = kernel.trait("task_status").value;
    expect(TASK_STATUSES[statuses.getUint8(6)]).toBe("failed");
  });

  it("lays no id twice on a page with two studios", () => {
    open(600, "varied");
    open(600, "varied");
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(40);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has no accessibility violations, empty, busy and done", async () => {
    const { kernel, root } = open(1000, "varied");
    await expectAccessible(root);
    await page.getByRole("button", { name: "Generate" }).click();
    await expect.poll(() => kernel.trait("batch").value?.total).toBe(8);
    kernel.tick();
    await expectAccessible(root);
    runAll(kernel);
    await expect.poll(() => root.querySelectorAll(".bgw-studio-main img").length).toBeGreaterThanOrEqual(7);
    await expectAccessible(root);
  });
});
