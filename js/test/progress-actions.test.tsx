import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FailureGroup } from "../src/state/wire.gen";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import { asked, batchKernel, batchOf, close, expectAccessible, find, repeat, setTasks, show } from "./mountBatch";

const MEMORY: FailureGroup = { error: "RuntimeError: CUDA out of memory", count: 37, first: 60 };
const OTHERS: FailureGroup[] = [
  { error: "ValueError: the image is black", count: 2, first: 99 },
  { error: "TimeoutError: ran longer than 5 s", count: 1, first: 3 },
];
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const item = (label: string) => page.getByRole("menuitem", { name: new RegExp(`^${label} `) });
const FAILING = repeat(100, (i) => (i < 3 ? 2 : i === 50 ? 1 : 3));

describe("the stop menu", () => {
  it("stops after what runs, or now", async () => {
    const kernel = batchKernel([1, 0], { executor: { name: "process", hard_cancel: true } });
    show(ProgressDisplay, kernel);
    await button("Stop").click();
    await item("Stop after the running tasks").click();
    await expect.element(button("Stop")).toHaveFocus();
    await button("Stop").click();
    await item("Stop now").click();
    expect(asked(kernel, "batch.stop")).toEqual([
      { batch: "b1", how: "after_running" },
      { batch: "b1", how: "now" },
    ]);
  });

  it("promises no more than the executor can do", async () => {
    const kernel = batchKernel([1, 0]);
    show(ProgressDisplay, kernel);
    await button("Stop").click();
    expect(item("Stop now").query()).toBeNull();
    await item("Ask running tasks to stop now").click();
    expect(asked(kernel, "batch.stop")).toEqual([{ batch: "b1", how: "now" }]);
  });

  it("works by keyboard alone, and gives the focus back", async () => {
    const kernel = batchKernel([1, 0]);
    const root = show(ProgressDisplay, kernel);
    button("Stop").element().focus();
    await userEvent.keyboard("{ArrowDown}");
    await expect.element(item("Stop after the running tasks")).toHaveFocus();
    await expect.element(button("Stop")).toHaveAttribute("aria-expanded", "true");
    await expectAccessible(root);
    await userEvent.keyboard("{ArrowDown}");
    await expect.element(item("Ask running tasks to stop now")).toHaveFocus();
    await userEvent.keyboard("{ArrowDown}{End}{Home}");
    await expect.element(item("Stop after the running tasks")).toHaveFocus();
    await userEvent.keyboard("{Escape}");
    await expect.element(button("Stop")).toHaveFocus();
    expect(root.querySelector('[role="menu"]')).toBeNull();
    await userEvent.keyboard("{ArrowUp}");
    await expect.element(item("Ask running tasks to stop now")).toHaveFocus();
    await userEvent.keyboard("{Tab}");
    await expect.element(button("Cancel batch")).toHaveFocus();
    expect(root.querySelector('[role="menu"]')).toBeNull();
    expect(asked(kernel, "batch.stop")).toEqual([]);
    await button("Stop").click();
    await page.getByRole("heading", { name: "Progress" }).click();
    await expect.poll(() => root.querySelector('[role="menu"]')).toBeNull();
  });

  it("stays inside the widget at every width, and goes with the batch", async () => {
    for (const width of [320, 360, 600, 1000]) {
      const kernel = batchKernel([1, 3], { failures: [MEMORY] });
      const root = show(ProgressDisplay, kernel, width);
      await button("Stop").click();
      const menu = find(root, ".bgw-menu-list").getBoundingClientRect();
      const { left, right } = root.getBoundingClientRect();
      expect(menu.left).toBeGreaterThanOrEqual(left);
      for (const one of root.querySelectorAll(".bgw-actions, .bgw-actions button, .bgw-menu-list")) {
        expect(one.getBoundingClientRect().right).toBeLessThanOrEqual(right);
      }
      expect(root.scrollWidth).toBe(width);
      setTasks(kernel, [2, 3], { status: "completed", completed_at: 1010 });
      await expect.element(page.getByRole("heading", { name: "Progress" })).toHaveFocus();
      expect(button("Stop").query()).toBeNull();
      close(root);
    }
  });
});

describe("failures by cause", () => {
  it("come and go without moving the list", async () => {
    for (const width of [360, 900]) {
      const kernel = batchKernel(FAILING);
      const root = show(ProgressDisplay, kernel, width);
      const place = find(root, ".bgw-tasks-area").getBoundingClientRect();
      kernel.set("batch", batchOf(FAILING, { failures: [MEMORY, ...OTHERS] }));
      await expect.element(page.getByText("37 tasks: RuntimeError: CUDA out of memory")).toBeVisible();
      expect(find(root, ".bgw-tasks-area").getBoundingClientRect()).toEqual(place);
      await expectAccessible(root);
      await button(/^\+2/).click();
      await expect.element(page.getByText("1 task: TimeoutError: ran longer than 5 s")).toBeVisible();
      await expectAccessible(root);
      button("Show the first of 2 tasks: ValueError: the image is black").element().focus();
      kernel.set("batch", batchOf(FAILING));
      await expect.element(page.getByRole("heading", { name: "Tasks" })).toHaveFocus();
      expect(find(root, ".bgw-tasks-area").getBoundingClientRect()).toEqual(place);
      close(root);
    }
  });

  it("lead to the first of them, with its details", async () => {
    const kernel = batchKernel(FAILING, { failures: [MEMORY, ...OTHERS] });
    const root = show(ProgressDisplay, kernel);
    await button("Show the first of 37 tasks: RuntimeError: CUDA out of memory").click();
    await expect.element(page.getByRole("region", { name: "Details of task 60" })).toHaveFocus();
    await expect.element(page.getByText("Traceback (most recent call last):")).toBeVisible();
    const area = find(root, ".bgw-tasks-area").getBoundingClientRect();
    const row = find(root, '[data-index="60"]').getBoundingClientRect();
    expect(row.top).toBeGreaterThanOrEqual(area.top);
    expect(row.bottom).toBeLessThanOrEqual(area.bottom);
    await button("Close details").click();
    await expect.element(button("Details of task 60")).toHaveFocus();
    await button("+2 causes").click();
    await button("Show the first of 1 task: TimeoutError: ran longer than 5 s").click();
    await expect.element(page.getByRole("region", { name: "Details of task 3" })).toHaveFocus();
    // The task that runs does not take the list away again.
    setTasks(kernel, FAILING, { failures: [MEMORY] });
    await expect.poll(() => root.querySelector('[data-index="3"]')).not.toBeNull();
  });
});
