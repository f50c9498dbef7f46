import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { underway } from "../src/parts";
import { RequestError } from "../src/state/link";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import {
  asked,
  batchKernel,
  batchOf,
  close,
  expectAccessible,
  find,
  frames,
  repeat,
  rowOf,
  setTasks,
  show,
  tinyPicture,
  watchUrls,
} from "./mountBatch";

const MIXED = [2, 2, 3, 1, 1, 0, 4, 5];
const row = (root: HTMLElement, index: number) => find(root, `[data-index="${index}"]`);
const rows = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>("[data-index]")].map(({ dataset }) => Number(dataset["index"]));
const list = (root: HTMLElement) => find(root, ".bgw-tasks-area");
const button = (name: string) => page.getByRole("button", { name, exact: true });
const figures = (root: HTMLElement) => find(root, ".bgw-figures").textContent ?? "";
const spoken = (root: HTMLElement) => find(root, '[aria-live="polite"]').textContent;

async function open(kernel: ReturnType<typeof batchKernel>, width = 900) {
  const root = show(ProgressDisplay, kernel, width);
  await expect.poll(() => root.querySelector(".bgw-task-params:not(:has(.bgw-line-skeleton))")).not.toBeNull();
  return root;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the batch", () => {
  it("says what will show here before there is one", async () => {
    const kernel = batchKernel([]);
    kernel.set("batch", null);
    const root = show(ProgressDisplay, kernel);
    await expect.element(page.getByText("No batch yet")).toBeVisible();
    expect(root.querySelectorAll("button")).toHaveLength(0);
    await expectAccessible(root);
  });

  it("shows status, counts, times and the bar in words", async () => {
    const root = await open(batchKernel(MIXED));
    await expect.element(page.getByText("Running", { exact: true }).first()).toBeVisible();
    expect([...root.querySelectorAll(".bgw-count")].map((one) => one.textContent)).toEqual([
      "2 completed",
      "1 failed",
      "2 running",
      "1 queued",
      "1 cancelled",
      "1 interrupted",
    ]);
    await expect.poll(() => figures(root)).toContain("Elapsed 15 s · about 30 s left · 24 tasks/min");
    const bar = page.getByRole("progressbar", { name: "Batch progress" });
    await expect.element(bar).toHaveAttribute("aria-valuenow", "75");
    await expect.element(bar).toHaveAttribute("aria-valuetext", "5 of 8 done, 1 failed, 2 running");
    await expectAccessible(root);
  });

  it("ticks by the kernel's clock, whatever ours says", async () => {
    vi.useFakeTimers({ now: 5_000_000_000, toFake: ["Date", "setInterval", "clearInterval"] });
    const kernel = batchKernel([1, 0]);
    kernel.on("clock", () => ({ now: 1065 }));
    const root = show(ProgressDisplay, kernel);
    await vi.waitFor(() => expect(figures(root)).toContain("Elapsed 1 min 5 s"));
    vi.advanceTimersByTime(3000);
    await vi.waitFor(() => expect(figures(root)).toContain("Elapsed 1 min 8 s"));
    setTasks(kernel, [2, 2], { status: "completed", completed_at: 1070 });
    await vi.waitFor(() => expect(figures(root)).toContain("2 completed in 1 min 10 s · 0 failed"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closes with a summary, and keeps its height", async () => {
    for (const width of [320, 560, 900]) {
      const kernel = batchKernel([2, 2, 2, 2, 2, 2, 1, 0]);
      const root = await open(kernel, width);
      const height = root.offsetHeight;
      setTasks(kernel, [2, 2, 2, 3, 2, 2, 1, 1]);
      await expect.element(button("Retry failed")).toBeVisible();
      expect(root.offsetHeight).toBe(height);
      setTasks(kernel, [2, 2, 2, 2, 2, 2, 2, 2], { status: "completed", completed_at: 1012 });
      await expect.element(page.getByText("8 completed in 12 s · 0 failed")).toBeVisible();
      expect(root.offsetHeight).toBe(height);
      expect(button("Cancel batch").query()).toBeNull();
      await expectAccessible(root);
      close(root);
    }
  });

  it("pauses, resumes, cancels and retries what failed", async () => {
    const kernel = batchKernel(MIXED);
    await open(kernel);
    await button("Pause").click();
    expect(asked(kernel, "queue.pause")).toEqual([{}]);
    kernel.set("queue", { paused: true, tasks: 1, batches: 1, revision: 1 });
    kernel.set("batch", batchOf(MIXED, { status: "paused" }));
    await expect.element(button("Resume")).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    expect(asked(kernel, "queue.resume")).toEqual([{}]);
    await button("Retry failed").click();
    await button("Cancel batch").click();
    expect(asked(kernel, "batch.retry_failed")).toEqual([{ batch: "b1" }]);
    expect(asked(kernel, "batch.cancel")).toEqual([{ batch: "b1" }]);
    kernel.set("batch", batchOf([2, 2, 4, 4, 4, 4, 4, 4], { status: "cancelled" }));
    // Its button is gone; focus is where it was in the panel.
    await expect.element(page.getByRole("heading", { name: "Progress" })).toHaveFocus();
    kernel.set("batch", batchOf([2, 2, 5, 5], { status: "interrupted" }));
    await button("Resume batch").click();
    expect(asked(kernel, "batch.resume")).toEqual([{ batch: "b1" }]);
    kernel.set("batch", batchOf([2, 2, 0, 0], { status: "pending" }));
    await expect.element(button("Resume batch")).not.toBeInTheDocument();
  });

  it("says in words what the kernel refused", async () => {
    const kernel = batchKernel(MIXED);
    kernel.on("batch.cancel", () => {
      throw new RequestError("StateError", "The session is closed.");
    });
    const root = await open(kernel);
    await button("Cancel batch").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The session is closed.");
    await expectAccessible(root);
  });
});

describe("the tasks", () => {
  it("describes each task, with the actions that it allows", async () => {
    const kernel = batchKernel(MIXED);
    const root = await open(kernel, 900);
    list(root).scrollTop = 0;
    await expect.poll(() => rows(root)).toContain(0);
    await expect.poll(() => row(root, 0).textContent).toContain("seed 100 · cfg scale 7.5");
    expect(row(root, 0).textContent).toContain("Completed2.0 s");
    expect(row(root, 0).querySelectorAll("button")).toHaveLength(0);
    expect(row(root, 2).textContent).toContain("ValueError: task 2 broke");
    expect(row(root, 3).textContent).toContain("step 10 of 20");
    expect(find(row(root, 3), '[role="progressbar"]').getAttribute("aria-valuenow")).toBe("50");
    await button("Retry task 2").click();
    await button("Cancel task 3").click();
    await button("Cancel task 5").click();
    expect(asked(kernel, "task.retry")).toEqual([{ batch: "b1", index: 2 }]);
    expect(asked(kernel, "task.cancel").map(({ index }) => index)).toEqual([3, 5]);
  });

  it("opens traceback and log below the list, which does not move", async () => {
    const root = await open(batchKernel([3, 2, 3]));
    const place = list(root).getBoundingClientRect();
    await button("Details of task 2").click();
    await expect.element(page.getByRole("region", { name: "Details of task 2" })).toBeVisible();
    await expect.element(page.getByText("Traceback (most recent call last):")).toBeVisible();
    await expect.element(page.getByText("loading weights")).toBeVisible();
    await expect.element(button("Details of task 2")).toHaveAttribute("aria-expanded", "true");
    expect(list(root).getBoundingClientRect()).toEqual(place);
    await expectAccessible(root);
    await button("Close details").click();
    await expect.element(button("Details of task 2")).toHaveFocus();
    await button("Details of task 0").click();
    await expect.element(page.getByText("ValueError: task 0 broke").last()).toBeVisible();
  });

  it("keeps focus in the list when the focused row's button goes", async () => {
    const kernel = batchKernel([1, 0, 0]);
    const root = await open(kernel);
    button("Cancel task 0").element().focus();
    setTasks(kernel, [2, 1, 0]);
    await expect.poll(() => document.activeElement).toBe(list(root));
    button("Cancel task 1").element().focus();
    setTasks(kernel, [2, 4, 0]);
    await expect.element(button("Retry task 1")).toHaveFocus();
  });

  it("gives every row the same height in every state", async () => {
    const root = await open(batchKernel(MIXED), 400);
    expect(new Set([...root.querySelectorAll<HTMLElement>("[data-index]")].map((one) => one.offsetHeight))).toEqual(
      new Set([48]),
    );
  });

  it("shows the live preview of a running task, the latest version, and lets it go", async () => {
    const left = watchUrls();
    const kernel = batchKernel([1, 0]);
    const pictures = [await tinyPicture("#f00"), await tinyPicture("#0f0")];
    let version = 0;
    kernel.on("tasks.preview", () => {
      version += 1;
      const picture = pictures[version - 1];
      return { result: { version, type: "image/png" }, buffers: picture ? [picture] : [] };
    });
    const running = (preview: number) =>
      kernel.set("running", [{ index: 0, progress: 0.1, message: null, preview, started_at: 1000 }]);
    running(1);
    const root = await open(kernel);
    const picture = () => row(root, 0).querySelector("img")?.getAttribute("src");
    await expect.poll(picture).toMatch(/^blob:/);
    const first = picture();
    for (const preview of [2, 3, 4, 5]) running(preview);
    await expect.poll(picture).not.toBe(first);
    expect(asked(kernel, "tasks.preview")).toHaveLength(2);
    expect(row(root, 0).querySelector("img")?.getAttribute("alt")).toBe("Live preview of task 0");
    setTasks(kernel, [2, 1]);
    await expect.poll(picture).toBeUndefined();
    expect(left()).toBe(0);
  });
});

describe("ten thousand tasks", () => {
  const huge = (runningAt: number) => repeat(10_000, (i) => (i < runningAt ? 2 : i < runningAt + 4 ? 1 : 0));

  it("draws and asks for the rows on screen only", async () => {
    const kernel = batchKernel(huge(4200));
    const root = await open(kernel);
    await frames(4);
    expect(rows(root).length).toBeLessThan(16);
    expect(rows(root)).toContain(4200);
    expect(root.querySelectorAll("*").length).toBeLessThan(400);
    expect(list(root).scrollHeight).toBe(480_000);
    expect(list(root).offsetHeight).toBeLessThanOrEqual(320);
    const fetched = asked(kernel, "tasks.get").reduce((sum, { start, stop }) => sum + stop - start, 0);
    expect(fetched).toBeLessThan(40);
    expect(row(root, 4200).getAttribute("aria-posinset")).toBe("4201");
    expect(row(root, 4200).getAttribute("aria-setsize")).toBe("10000");
    await expectAccessible(root);
  });

  it("follows what runs until a person scrolls, and again when asked to", async () => {
    const kernel = batchKernel(huge(100));
    const root = await open(kernel);
    expect(list(root).scrollTop).toBe(99 * 48);
    setTasks(kernel, huge(300));
    await expect.poll(() => list(root).scrollTop).toBe(299 * 48);
    expect(button("Follow").query()).toBeNull();

    list(root).scrollTop = 50 * 48;
    await expect.element(button("Follow")).toBeVisible();
    setTasks(kernel, huge(500));
    await frames(4);
    expect(list(root).scrollTop).toBe(50 * 48);
    expect(rows(root)).toContain(52);

    await button("Follow").click();
    await expect.poll(() => list(root).scrollTop).toBe(499 * 48);
    expect(button("Follow").query()).toBeNull();
    await expect.poll(() => document.activeElement).toBe(list(root));
    setTasks(kernel, huge(600));
    await expect.poll(() => list(root).scrollTop).toBe(599 * 48);
  });

  it("asks for nothing while only rows out of sight change", async () => {
    const kernel = batchKernel(huge(5000));
    const root = await open(kernel);
    list(root).scrollTop = 0;
    await expect.poll(() => rows(root)).toContain(0);
    await expect.poll(() => row(root, 0).textContent).toContain("seed 100");
    await frames(4);
    const before = asked(kernel, "tasks.get").length;
    for (const runningAt of [5100, 5200, 5300]) {
      setTasks(kernel, huge(runningAt));
      await frames();
    }
    expect(asked(kernel, "tasks.get")).toHaveLength(before);
  });

  it("asks for a visible row whose task has failed", async () => {
    const statuses = repeat(100, (i) => (i === 0 ? 1 : 0));
    const kernel = batchKernel(statuses);
    const root = await open(kernel);
    await frames(4);
    const before = asked(kernel, "tasks.get").length;
    setTasks(
      kernel,
      repeat(100, (i) => (i === 0 ? 3 : 0)),
    );
    await expect.poll(() => row(root, 0).textContent).toContain("ValueError: task 0 broke");
    expect(asked(kernel, "tasks.get").slice(before)).toEqual([{ batch: "b1", start: 0, stop: 1 }]);
  });

  it("says so when rows can't be read, and shows the status all the same", async () => {
    const kernel = batchKernel(huge(10));
    kernel.on("tasks.get", () => {
      throw new RequestError("NoAnswer", "The kernel does not answer.");
    });
    const root = show(ProgressDisplay, kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The kernel does not answer.");
    expect(row(root, 10).textContent).toContain("50 %");
    const working = batchKernel(huge(10));
    kernel.on("tasks.get", async (params) => (await working.request("tasks.get", params)).result);
    await button("Try again").click();
    await expect.poll(() => row(root, 10).textContent).toContain("seed 110");
    expect(page.getByRole("alert").query()).toBeNull();
  });
});

describe("announcements", () => {
  it("are few: the start, a quarter once the rest is over, and the end", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const kernel = batchKernel([]);
    kernel.set("batch", null);
    const root = show(ProgressDisplay, kernel);
    await frames();
    setTasks(kernel, [1, 0, 0, 0]);
    await vi.waitFor(() => expect(spoken(root)).toBe("Batch started: 4 tasks."));
    setTasks(kernel, [2, 1, 0, 0]);
    setTasks(kernel, [2, 3, 1, 0]);
    await frames();
    vi.advanceTimersByTime(9000);
    await frames();
    expect(spoken(root)).toBe("Batch started: 4 tasks.");
    vi.advanceTimersByTime(1100);
    await vi.waitFor(() => expect(spoken(root)).toBe("50 %: 2 of 4 tasks done. 1 failed."));
    setTasks(kernel, [2, 3, 2, 2], { status: "completed", completed_at: 1009 });
    await vi.waitFor(() => expect(spoken(root)).toBe("Batch completed: 3 completed in 9.0 s, 1 failed."));
  });

  it("come also of what happened while the announcer was on its way", async () => {
    const kernel = batchKernel([]);
    kernel.set("batch", null);
    const exports = await underway.load(kernel);
    let arrive = (_: typeof exports) => {};
    vi.spyOn(underway, "ready", "get").mockReturnValue(null);
    vi.spyOn(underway, "load").mockReturnValue(
      new Promise((resolve) => {
        arrive = resolve;
      }),
    );
    const root = show(ProgressDisplay, kernel);
    await frames();
    setTasks(kernel, [1, 0, 0, 0]);
    await frames();
    expect(spoken(root)).toBe("");
    arrive(exports);
    await expect.poll(() => spoken(root)).toBe("Batch started: 4 tasks.");
    // What the page found when it opened is no news.
    const late = show(ProgressDisplay, kernel);
    await frames(4);
    expect(spoken(late)).toBe("");
  });

  it("are not asked for again with each step of a batch where the announcer can't be had", async () => {
    const kernel = batchKernel([1, 0, 0, 0]);
    vi.spyOn(underway, "ready", "get").mockReturnValue(null);
    const load = vi.spyOn(underway, "load").mockRejectedValue(new RequestError("Absent", "Not here."));
    const root = show(ProgressDisplay, kernel);
    await frames();
    for (const step of [
      [2, 1, 0, 0],
      [2, 2, 1, 0],
      [2, 2, 2, 1],
    ]) {
      setTasks(kernel, step);
      await frames();
    }
    expect(spoken(root)).toBe("");
    expect(load).toHaveBeenCalledTimes(1);
  });
});

describe("another batch", () => {
  it("starts anew with its own rows", async () => {
    const kernel = batchKernel([3, 3]);
    const root = await open(kernel);
    await button("Details of task 0").click();
    kernel.on("tasks.get", ({ start, stop }) => ({
      rows: repeat(stop - start, (i) => start + i).map((index) => ({
        ...rowOf(index, "queued"),
        params: { seed: 900 + index },
        varied: ["seed"],
      })),
    }));
    setTasks(kernel, [0, 0, 0], { id: "b2" });
    await expect.poll(() => row(root, 2).textContent).toContain("seed 902");
    expect(asked(kernel, "tasks.get").at(-1)).toEqual({ batch: "b2", start: 0, stop: 3 });
    expect(root.querySelector(".bgw-details")).toBeNull();
  });
});
