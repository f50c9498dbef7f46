import { describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { RequestError } from "../src/state/link";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import { asked, expectAccessible, find, frames, repeat, show } from "./mountBatch";
import { area, button, FIRST, openQueue, order, pointAt, queueKernel, SECOND, seeds, spoken } from "./mountQueue";

const grip = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"] .bgw-grip`);
const focusGrip = (root: HTMLElement, position: number) => grip(root, position).focus();

describe("the queue", () => {
  it("stands behind a disclosure, and only while something waits", async () => {
    const fake = queueKernel(10, 2);
    const root = show(ProgressDisplay, fake.kernel);
    const toggle = button("Queue · 12 tasks in 2 batches");
    await expect.element(toggle).toHaveAttribute("aria-expanded", "false");
    expect(asked(fake.kernel, "queue.get")).toEqual([]);
    const height = root.offsetHeight;
    await toggle.click();
    await expect.element(page.getByRole("region", { name: "Queue" })).toBeVisible();
    await expect.poll(() => seeds(root)[0]).toBe(100);
    await toggle.click();
    expect(root.offsetHeight).toBe(height);
    fake.start(11);
    await expect.element(button("Queue · 1 task in 1 batch")).toBeVisible();
    await button("Queue · 1 task in 1 batch").click();
    await expect.poll(() => root.querySelector('[data-part="remove"]')).not.toBeNull();
    find(root, '[data-part="remove"]').focus();
    fake.start(1);
    await expect.element(page.getByRole("heading", { name: "Tasks" })).toHaveFocus();
    expect(root.querySelector(".bgw-queue, .bgw-queue-toggle")).toBeNull();
    expect(root.offsetHeight).toBe(height);
  });

  it("has rows of one height, and no violations, wide and narrow, light and dark", async () => {
    for (const width of [360, 900, 1600]) {
      const root = await openQueue(queueKernel(3, 3), width);
      const heights = [...root.querySelectorAll<HTMLElement>(".bgw-waiting")].map((row) => row.offsetHeight);
      expect(new Set(heights)).toEqual(new Set([48]));
      for (const one of root.querySelectorAll<HTMLElement>(".bgw-queue button, .bgw-tasks-head button")) {
        const { width: wide, height: high } = one.getBoundingClientRect();
        expect(Math.min(wide, high), one.outerHTML).toBeGreaterThanOrEqual(24);
      }
      expect(root.scrollWidth).toBe(width);
      await expectAccessible(root);
      root.remove();
    }
  });

  it("draws and asks for what is on screen only, and again when the queue has changed", async () => {
    const fake = queueKernel(10_000);
    const root = await openQueue(fake);
    await frames(4);
    expect(area(root).scrollHeight).toBe(480_000);
    expect(root.querySelectorAll(".bgw-waiting").length).toBeLessThan(14);
    expect(asked(fake.kernel, "queue.get").reduce((sum, { start, stop }) => sum + stop - start, 0)).toBeLessThan(30);
    area(root).scrollTop = 240_000;
    await expect.poll(() => seeds(root)[0]).toBeGreaterThan(5000);
    await expect.poll(() => seeds(root)).not.toContain(-1);
    area(root).scrollTop = 0;
    await expect.poll(() => seeds(root)[0]).toBe(100);
    await frames(4);
    const before = asked(fake.kernel, "queue.get").length;
    fake.start(2);
    await expect.poll(() => seeds(root)[0]).toBe(102);
    expect(asked(fake.kernel, "queue.get").length).toBe(before + 1);
  });

  it("says so when it can't be read, and reads it when asked again", async () => {
    const fake = queueKernel(3);
    fake.kernel.on("queue.get", () => {
      throw new RequestError("NoAnswer", "The kernel does not answer.");
    });
    const root = show(ProgressDisplay, fake.kernel);
    await button("Queue · 3 tasks in 1 batch").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("could not be read: The kernel does not answer.");
    const working = queueKernel(3);
    fake.kernel.on("queue.get", async (params) => (await working.kernel.request("queue.get", params)).result);
    await button("Try again").click();
    await expect.poll(() => seeds(root)).toEqual([100, 101, 102]);
  });

  it("moves a task, or all of a batch, to the front", async () => {
    const fake = queueKernel(2, 2);
    const root = await openQueue(fake);
    await button("Move task 1 of poster d4e5f6 to the front").click();
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: SECOND, index: 1, to: 0 }]);
    await expect.poll(() => seeds(root)).toEqual([103, 100, 101, 102]);
    // The row that has its place has the focus: the next can be moved too.
    await expect.element(button("Move task 0 of poster d4e5f6 to the front")).toHaveFocus();
    await page.getByRole("button", { name: "Move all of poster a1b2c3 to the front" }).click();
    expect(asked(fake.kernel, "queue.front")).toEqual([{ batch: FIRST }]);
    await expect.poll(() => seeds(root)).toEqual([100, 101, 103, 102]);
    await expect.element(button("Move task 1 of poster a1b2c3 to the front")).toHaveAttribute("aria-disabled", "true");
  });

  it("removes tasks, and keeps the focus where the next can be removed", async () => {
    const fake = queueKernel(3);
    const root = await openQueue(fake);
    await button("Remove task 2 of poster a1b2c3").click();
    await expect.poll(() => seeds(root)).toEqual([100, 102]);
    await expect.element(button("Remove task 3 of poster a1b2c3")).toHaveFocus();
    expect(spoken(root)).toBe("Removed task 2 of poster a1b2c3.");
    await userEvent.keyboard("{Enter}");
    await expect.element(button("Remove task 1 of poster a1b2c3")).toHaveFocus();
    expect(asked(fake.kernel, "queue.remove").map(({ index }) => index)).toEqual([2, 3]);
  });

  it("is cleared in two steps", async () => {
    const fake = queueKernel(3);
    const root = await openQueue(fake);
    const place = area(root).getBoundingClientRect();
    await button("Clear queue").click();
    await expect.element(button("Keep")).toHaveFocus();
    expect(area(root).getBoundingClientRect()).toEqual(place);
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.element(button("Clear queue")).toHaveFocus();
    expect(asked(fake.kernel, "queue.clear")).toEqual([]);
    await button("Clear queue").click();
    await button("Remove 3 tasks").click();
    await expect.poll(() => order(fake)).toEqual([]);
    await expect.poll(() => root.querySelector(".bgw-queue")).toBeNull();
    await expect.element(page.getByRole("heading", { name: "Tasks" })).toHaveFocus();
  });
});

describe("the order of the queue", () => {
  it("changes by keyboard: lifted, moved, dropped, each said", async () => {
    const fake = queueKernel(4);
    const root = await openQueue(fake);
    focusGrip(root, 0);
    await userEvent.keyboard(" ");
    expect(spoken(root)).toMatch(/^Lifted task 1 of poster a1b2c3, at position 1 of 4\. Arrow keys/);
    expect(grip(root, 0).getAttribute("aria-pressed")).toBe("true");
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(spoken(root)).toBe("Now at position 3 of 4.");
    expect(root.querySelector(".bgw-drop-line")).not.toBeNull();
    await expectAccessible(root);
    expect(asked(fake.kernel, "queue.move")).toEqual([]);
    await userEvent.keyboard(" ");
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: FIRST, index: 1, to: 2 }]);
    expect(spoken(root)).toBe("Moved task 1 of poster a1b2c3 to position 3 of 4.");
    await expect.poll(() => order(fake)).toEqual([101, 102, 100, 103]);
    await expect.poll(() => seeds(root)).toEqual([101, 102, 100, 103]);
    await expect.poll(() => document.activeElement).toBe(grip(root, 2));
    expect(root.querySelector(".bgw-drop-line")).toBeNull();
  });

  it("stays when the move is cancelled, by Escape or by leaving", async () => {
    const fake = queueKernel(3);
    const root = await openQueue(fake);
    focusGrip(root, 1);
    await userEvent.keyboard(" {ArrowUp}{Escape}");
    expect(spoken(root)).toBe("Not moved: task 2 of poster a1b2c3 stays at position 2 of 3.");
    expect(document.activeElement).toBe(grip(root, 1));
    await userEvent.keyboard(" {ArrowUp}{Tab}");
    await expect.poll(() => root.querySelector(".bgw-is-lifted")).toBeNull();
    expect(asked(fake.kernel, "queue.move")).toEqual([]);
  });

  it("changes by Alt and an arrow, and the handle keeps the focus", async () => {
    const fake = queueKernel(4);
    const root = await openQueue(fake);
    focusGrip(root, 3);
    await userEvent.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await userEvent.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(asked(fake.kernel, "queue.move").map(({ to }) => to)).toEqual([2, 1]);
    await expect.poll(() => seeds(root)).toEqual([100, 103, 101, 102]);
    await frames(4);
    expect(seeds(root)).toEqual([100, 103, 101, 102]);
    expect(document.activeElement).toBe(grip(root, 1));
    focusGrip(root, 0);
    await userEvent.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect(asked(fake.kernel, "queue.move")).toHaveLength(2);
  });

  it("reaches the far end of a long queue by keyboard", async () => {
    const fake = queueKernel(500);
    const root = await openQueue(fake);
    focusGrip(root, 1);
    await userEvent.keyboard(" {End}");
    await expect.poll(() => area(root).scrollTop).toBe(500 * 48 - area(root).clientHeight);
    expect(document.activeElement).toBe(grip(root, 1));
    await userEvent.keyboard(" ");
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: FIRST, index: 2, to: 499 }]);
    await expect.poll(() => document.activeElement).toBe(grip(root, 499));
  });

  it("changes by pressing one handle and then another", async () => {
    const fake = queueKernel(4);
    const root = await openQueue(fake);
    await button("Move task 4 of poster a1b2c3").click();
    await expect.element(button("Move task 4 of poster a1b2c3")).toHaveAttribute("aria-pressed", "true");
    await button("Move task 2 of poster a1b2c3").click();
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: FIRST, index: 4, to: 1 }]);
    await expect.poll(() => seeds(root)).toEqual([100, 103, 101, 102]);
  });

  it("counts off what has started while a row was in the hand", async () => {
    const fake = queueKernel(5);
    const root = await openQueue(fake);
    focusGrip(root, 4);
    await userEvent.keyboard(" {ArrowUp}");
    fake.start(1);
    await frames();
    // Nothing has moved below the hand.
    expect(seeds(root)[0]).toBe(100);
    await userEvent.keyboard(" ");
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: FIRST, index: 5, to: 2 }]);
    await expect.poll(() => seeds(root)).toEqual([101, 102, 104, 103]);
  });

  it("goes back, with the reason, when the kernel refuses", async () => {
    const fake = queueKernel(3);
    fake.kernel.on("queue.move", () => {
      throw new RequestError("StateError", "Task 1 runs already.");
    });
    const root = await openQueue(fake);
    focusGrip(root, 0);
    await userEvent.keyboard("{Alt>}{ArrowDown}{/Alt}");
    await expect.element(page.getByRole("alert")).toHaveTextContent("Task 1 runs already.");
    await expect.poll(() => seeds(root)).toEqual([100, 101, 102]);
  });
});

describe("dragging", () => {
  const send = (target: Element, type: string, at: { clientX: number; clientY: number }) =>
    target.dispatchEvent(new PointerEvent(type, { ...at, bubbles: true, pointerId: 1, button: 0, isPrimary: true }));

  /** Made-up pointers can't be captured; the events go to the handle, as they do when one is. */
  function grab(root: HTMLElement, position: number): HTMLElement {
    const handle = grip(root, position);
    handle.setPointerCapture = vi.fn();
    send(handle, "pointerdown", pointAt(root, position));
    return handle;
  }

  it("shows where the row goes, and asks once when it is dropped", async () => {
    const fake = queueKernel(5);
    const root = await openQueue(fake);
    const handle = grab(root, 0);
    for (const share of [0.2, 0.5, 0.9]) send(handle, "pointermove", pointAt(root, 2, share));
    await frames();
    const line = find(root, ".bgw-drop-line").getBoundingClientRect();
    const third = find(root, '[data-position="2"]').getBoundingClientRect();
    expect(Math.abs(line.top + line.height / 2 - third.bottom)).toBeLessThan(2);
    expect(asked(fake.kernel, "queue.move")).toEqual([]);
    send(handle, "pointerup", pointAt(root, 2, 0.9));
    expect(asked(fake.kernel, "queue.move")).toEqual([{ batch: FIRST, index: 1, to: 2 }]);
    await expect.poll(() => seeds(root)).toEqual([101, 102, 100, 103, 104]);
  });

  it("is called off by Escape, and a press alone moves nothing", async () => {
    const fake = queueKernel(3);
    const root = await openQueue(fake);
    const handle = grab(root, 0);
    send(handle, "pointermove", pointAt(root, 2, 0.9));
    await userEvent.keyboard("{Escape}");
    send(handle, "pointerup", pointAt(root, 2, 0.9));
    grab(root, 1);
    send(grip(root, 1), "pointerup", pointAt(root, 1));
    expect(asked(fake.kernel, "queue.move")).toEqual([]);
    expect(seeds(root)).toEqual([100, 101, 102]);
  });

  it("scrolls at the edges, and the row in the hand stays", async () => {
    const fake = queueKernel(300);
    const root = await openQueue(fake);
    const handle = grab(root, 0);
    // A row that is taken out of the page, if only to be put elsewhere in it, has lost the pointer.
    const lost = vi.fn();
    const watch = new MutationObserver((changes) => {
      if (changes.some(({ removedNodes }) => [...removedNodes].some((node) => node.contains(handle)))) lost();
    });
    watch.observe(root, { childList: true, subtree: true });
    const { bottom, left } = area(root).getBoundingClientRect();
    send(handle, "pointermove", { clientX: left + 20, clientY: bottom - 4 });
    await expect.poll(() => area(root).scrollTop, { timeout: 5000 }).toBeGreaterThan(600);
    expect(handle.isConnected).toBe(true);
    expect(lost).not.toHaveBeenCalled();
    watch.disconnect();
    send(handle, "pointerup", { clientX: left + 20, clientY: bottom - 4 });
    const [move] = asked(fake.kernel, "queue.move");
    expect(move?.index).toBe(1);
    expect(move?.to).toBeGreaterThan(16);
    const stopped = area(root).scrollTop;
    await frames(5);
    expect(area(root).scrollTop).toBe(stopped);
  });
});

it("keeps every row apart while tasks start one after another", async () => {
  const fake = queueKernel(40);
  const root = await openQueue(fake);
  for (const _ of repeat(12, (i) => i)) {
    fake.start(1);
    await frames(1);
    const keys = [...root.querySelectorAll<HTMLElement>(".bgw-waiting")].map(({ dataset }) => dataset["position"]);
    expect(new Set(keys).size).toBe(keys.length);
  }
  await expect.poll(() => seeds(root)[0]).toBe(112);
});
