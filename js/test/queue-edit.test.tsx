import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { POSTER } from "../dev/fakeKernel";
import { RequestError } from "../src/state/link";
import { asked, expectAccessible, frames } from "./mountBatch";
import { area, button, FIRST, openQueue, queueKernel, seeds } from "./mountQueue";

describe("editing", () => {
  const edit = () => button("Edit task 2 of poster a1b2c3");

  it("offers the generator's fields, checks them, and sends what has changed", async () => {
    const fake = queueKernel(3);
    fake.kernel.set("generator", POSTER);
    const root = await openQueue(fake);
    const place = area(root).getBoundingClientRect();
    await edit().click();
    await expect.element(page.getByLabelText("Prompt")).toHaveFocus();
    expect(area(root).getBoundingClientRect()).toEqual(place);
    await expectAccessible(root);
    await page.getByLabelText("Cfg scale").fill("40");
    await expect
      .element(page.getByText("Must be 1 to 20 in steps", { exact: false }).or(page.getByText(/^Must be/)))
      .toBeVisible();
    await button("Save").click();
    await expect.element(page.getByLabelText("Cfg scale")).toHaveFocus();
    expect(asked(fake.kernel, "task.edit")).toEqual([]);
    await expectAccessible(root);
    await page.getByLabelText("Cfg scale").fill("9");
    await page.getByLabelText("Tiling").selectOptions("On");
    await page.getByLabelText("Seed").fill("777");
    await userEvent.keyboard("{Enter}");
    expect(asked(fake.kernel, "task.edit")).toEqual([
      { batch: FIRST, index: 2, params: { seed: 777, cfg_scale: 9, tiling: true } },
    ]);
    await expect.element(edit()).toHaveFocus();
    await expect.element(edit()).toHaveAttribute("aria-expanded", "false");
    await expect.poll(() => seeds(root)).toEqual([100, 777, 102]);
  });

  it("offers what varies where there is no form, each of its kind", async () => {
    const fake = queueKernel(3);
    await openQueue(fake);
    await edit().click();
    await expect.element(page.getByLabelText("seed")).toHaveFocus();
    expect(page.getByLabelText("prompt").query()).toBeNull();
    await page.getByLabelText("seed").fill("x");
    await expect.element(page.getByText("Must be a number.")).toBeVisible();
    await page.getByLabelText("seed").fill("5");
    await page.getByLabelText("tiling").selectOptions("On");
    await button("Save").click();
    expect(asked(fake.kernel, "task.edit")).toEqual([{ batch: FIRST, index: 2, params: { seed: 5, tiling: true } }]);
  });

  it("says what the kernel refused, at its field or in all, and Escape leaves", async () => {
    const fake = queueKernel(3);
    fake.kernel.on("task.edit", ({ params }) => {
      if (params["seed"] === 5) throw new RequestError("StateError", "Task 2 runs already.");
      throw new RequestError("ParameterError", "no", [{ field: "seed", message: "Seeds must be odd." }]);
    });
    await openQueue(fake);
    await edit().click();
    await page.getByLabelText("seed").fill("6");
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByText("Seeds must be odd.")).toBeVisible();
    await page.getByLabelText("seed").fill("5");
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByRole("alert")).toHaveTextContent("Task 2 runs already.");
    await userEvent.keyboard("{Escape}");
    await expect.element(edit()).toHaveFocus();
    expect(page.getByLabelText("seed").query()).toBeNull();
  });

  it("renews the task's row in the list of tasks too", async () => {
    const fake = queueKernel(3);
    const root = await openQueue(fake);
    await expect.poll(() => asked(fake.kernel, "tasks.get").length).toBeGreaterThan(0);
    await frames(4);
    const before = asked(fake.kernel, "tasks.get").length;
    await edit().click();
    await page.getByLabelText("seed").fill("5");
    await userEvent.keyboard("{Enter}");
    await expect
      .poll(() => asked(fake.kernel, "tasks.get").slice(before))
      .toEqual([{ batch: FIRST, start: 2, stop: 3 }]);
    expect(root.querySelector(".bgw-queue-editor")).toBeNull();
  });
});
