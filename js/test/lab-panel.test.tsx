import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { batch, counts, fakeActions, fakeBatches, kernel, PANEL_STATES, session } from "../dev/lab";
import { RequestError } from "../src/state/link";
import type { BatchSummary, TaskCounts } from "../src/state/wire.gen";
import { expectAccessible, find, frames } from "./mountBatch";
import { card, mountPanel } from "./mountPanel";

const state = (name: string) => {
  const make = PANEL_STATES[name];
  if (!make) throw new Error(`no state ${name}`);
  return make();
};
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
/** One kernel with one session that runs a batch. */
const running = (tasks: Partial<TaskCounts> = { completed: 4, running: 1, queued: 7 }) =>
  fakeBatches([kernel("k1", { sessions: [session("s1", { batch: batch(tasks) })] })]);

describe("the panel", () => {
  const looks = Object.keys(PANEL_STATES).flatMap((name) => [200, 280, 420].map((width) => ({ name, width })));
  it.each(looks)("is accessible and holds everything in its width: $name, $width px", async ({ name, width }) => {
    const { root } = mountPanel(state(name), width);
    await frames();
    const panel = find(root, ".bgw-lab");
    expect(panel.scrollWidth).toBeLessThanOrEqual(panel.clientWidth);
    const edge = root.getBoundingClientRect().right;
    const out = [...root.querySelectorAll<HTMLElement>(".bgw-lab *:not(.bgw-sr-only, bdi, svg *)")].filter(
      (one) => one.getBoundingClientRect().right > edge + 1,
    );
    expect(out.map(({ outerHTML }) => outerHTML.slice(0, 120))).toEqual([]);
    await expectAccessible(root);
  });

  it("says what there is to do where nothing is", async () => {
    const { root, model, actions } = mountPanel(state("empty"));
    await expect.element(page.getByText("No batches yet")).toBeVisible();
    await button("New Batch Studio cell").click();
    expect(actions.asked).toEqual(["studio"]);
    await button("Look again").click();
    expect(model.refreshes).toBe(1);
    actions.newStudio.value = null;
    await expect.poll(() => root.textContent).not.toContain("New Batch Studio cell");
  });

  it("offers a new studio beside the kernels, where there is a notebook for it", async () => {
    const { actions } = mountPanel(state("live"));
    await button("New Batch Studio cell").click();
    expect(actions.asked).toEqual(["studio"]);
    actions.newStudio.value = null;
    await expect.poll(() => button("New Batch Studio cell").query()).toBeNull();
  });

  it("folds its sections by keyboard", async () => {
    const { root } = mountPanel(state("live"));
    find(root, "h2 button").focus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => root.querySelector(".bgw-lab-card")).toBeNull();
    await userEvent.keyboard(" ");
    await expect.poll(() => root.querySelectorAll(".bgw-lab-card").length).toBe(3);
  });
});

describe("a session", () => {
  it("shows what it runs, how far that is, and for how long", async () => {
    const { root } = mountPanel(state("live"));
    await expect.element(page.getByRole("heading", { name: "autumn-posters.ipynb" })).toBeVisible();
    await expect
      .element(
        page.getByRole("heading", { name: "upscaling.ipynb, experiments/portraits-of-people-by-a-window.ipynb" }),
      )
      .toBeVisible();
    const first = card(root).textContent;
    for (const text of [
      "poster",
      "Running",
      "13 of 24 done",
      "about 1 min left",
      "36 tasks of 2 more batches queued",
    ]) {
      expect(first).toContain(text);
    }
    expect(find(card(root), ".bgw-lab-where").title).toBe("/home/ada/studies/autumn-posters");
    const bar = page.getByRole("progressbar", { name: "Progress of poster" });
    await expect.element(bar).toHaveAttribute("aria-valuetext", "13 of 24 done, 2 failed, 1 running");
    await expect.element(bar).toHaveAttribute("aria-valuenow", "55");
    expect(card(root, 1).textContent).toContain("40 of 64 completed");
    expect(card(root, 1).textContent).toContain("took 3 min 35 s");
    expect(card(root, 2).textContent).toContain("No batch yet");
  });

  it("keeps its height while its batch runs and when it ends", async () => {
    for (const width of [200, 280, 420]) {
      const { root, model } = mountPanel(running(), width);
      await frames();
      const { height } = card(root).getBoundingClientRect();
      const set = (change: Partial<BatchSummary>) =>
        model.change("s1", ({ batch: held, queue }) => ({
          batch: held && { ...held, ...change },
          queue: { ...queue, tasks: change.counts?.queued ?? queue.tasks },
        }));
      set({ eta_s: null });
      await frames();
      expect(card(root).getBoundingClientRect().height).toBe(height);
      set({ eta_s: 4000, counts: counts({ completed: 10, running: 1, queued: 1 }) });
      await frames();
      expect(card(root).getBoundingClientRect().height).toBe(height);
      set({ status: "cancelled", completed_at: Date.now() / 1000, counts: counts({ completed: 10, cancelled: 2 }) });
      await expect.poll(() => card(root).textContent).toContain("10 of 12 completed");
      expect(card(root).getBoundingClientRect().height).toBe(height);
    }
  });

  it("tells what failed, and unfolds it as text", async () => {
    const { root } = mountPanel(state("live"));
    const fold = page.getByRole("button", { name: /^2 failed/ });
    await expect.element(fold).toHaveAttribute("aria-expanded", "false");
    await fold.click();
    const errors = find(root, ".bgw-lab-errors");
    expect(errors.textContent).toContain("Reduce the size, or run fewer workers.");
    expect(errors.textContent).toContain('<img src=x onerror="alert(1)"> \\u202e gnp.exe');
    expect(errors.querySelector("img")).toBeNull();
    await expectAccessible(root);
  });

  it("pauses and goes on at once, and asks for it only once", async () => {
    const { root, model, said } = mountPanel(running());
    const held: (() => void)[] = [];
    const obey = model.onCommand;
    model.onCommand = async (...command) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await obey(...command);
    };
    await button("Pause").click();
    await expect.element(button("Pause")).toHaveAttribute("aria-disabled", "true");
    await userEvent.keyboard("{Enter}");
    expect(model.commands).toEqual([{ kernel: "k1", method: "session.pause", params: { session: "s1" } }]);
    await expect.element(button("Cancel")).not.toHaveAttribute("aria-disabled");
    held.pop()?.();
    await expect.element(button("Resume")).toBeVisible();
    expect(document.activeElement).toBe(button("Resume").element());
    expect(card(root).textContent).toContain("Paused");
    await expect.poll(said).toBe("poster: Paused.");
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => held.length).toBe(1);
    held.pop()?.();
    await expect.poll(said).toBe("poster: Resumed.");
    expect(model.commands.at(-1)?.method).toBe("session.resume");
  });

  it("cancels without asking back, and offers to resume", async () => {
    const { root, model, said } = mountPanel(running());
    await button("Cancel").click();
    await expect.element(button("Resume batch")).toBeVisible();
    expect(model.commands).toEqual([
      { kernel: "k1", method: "session.cancel_batch", params: { session: "s1", batch: "20251120-101500-a1b2c3" } },
    ]);
    await expect.poll(said).toMatch(/^poster: Batch cancelled: 4 completed in .*, 8 cancelled\. It can be resumed\.$/);
    expect(document.activeElement).toBe(find(root, "h4"));
    await button("Resume batch").click();
    await expect.poll(said).toBe("poster: The batch goes on.");
    await expect.element(button("Pause")).toBeVisible();
    expect(model.commands.at(-1)?.method).toBe("session.resume_batch");
  });

  it("lets a batch go on that was cancelled while it was paused, with one press", async () => {
    const { model } = mountPanel(running());
    await button("Pause").click();
    await button("Cancel").click();
    await expect.element(button("Resume batch")).toBeVisible();
    expect(button("Resume queue").query()).toBeNull();
    await button("Resume batch").click();
    await expect.element(button("Pause")).toBeVisible();
    expect(model.commands.slice(2).map(({ method }) => method)).toEqual(["session.resume", "session.resume_batch"]);
  });

  it("tries again what failed", async () => {
    const { model } = mountPanel(running({ completed: 8, failed: 4 }));
    await button("Retry failed").click();
    expect(model.commands.map(({ method }) => method)).toEqual(["session.retry_failed"]);
    await expect.poll(() => page.getByText("4 failed").query()).toBeNull();
  });

  it("says beside the session why something was refused", async () => {
    const { root, model } = mountPanel(state("live"));
    model.onCommand = async () => {
      throw new RequestError("StateError", "Another process runs batches in this project.");
    };
    await button("Resume batch").click();
    const alert = page.getByRole("alert");
    await expect.element(alert).toHaveTextContent("Another process runs batches in this project.");
    expect(card(root, 1).contains(alert.element())).toBe(true);
    await expect.element(button("Resume batch")).not.toHaveAttribute("aria-disabled");
    await expectAccessible(root);
    await button("Dismiss").click();
    await expect.poll(() => alert.query()).toBeNull();
  });

  it("leads to its cell and its views, by buttons where there is room", async () => {
    const { actions } = mountPanel(running(), 420);
    for (const name of ["Show the cell", "Open gallery", "Open progress", "Open lineage"]) await button(name).click();
    expect(actions.asked).toEqual(["cell k1 s1", "gallery k1 s1", "progress k1 s1", "lineage k1 s1"]);
  });

  it("leads there by a menu where there is not", async () => {
    const actions = fakeActions();
    const { root } = mountPanel(running(), 240, actions);
    await button("Open gallery").click();
    find(root, '[aria-label="More views"]').focus();
    await userEvent.keyboard("{ArrowDown}");
    await expect.element(page.getByRole("menuitem", { name: "Show the cell" })).toHaveFocus();
    await expectAccessible(root);
    await userEvent.keyboard("{ArrowDown}{Enter}");
    expect(actions.asked).toEqual(["gallery k1 s1", "progress k1 s1"]);
  });

  it("that no cell shows leads to its notebook", async () => {
    mountPanel(fakeBatches([kernel("k1", { sessions: [session("s1", { widgets: [] })] })]), 420);
    await expect.element(button("Show the notebook")).toBeVisible();
    expect(button("Show the cell").query()).toBeNull();
  });

  it("can let a paused queue go on when its batch is over", async () => {
    const over = batch({ completed: 8 }, { status: "completed", completed_at: Date.now() / 1000 });
    const queue = { paused: true, tasks: 12, batches: 1, revision: 1 };
    const { root, model } = mountPanel(
      fakeBatches([kernel("k1", { sessions: [session("s1", { batch: over, queue })] })]),
    );
    expect(card(root).textContent).toContain("12 tasks of another batch queued");
    await button("Resume queue").click();
    expect(model.commands.map(({ method }) => method)).toEqual(["session.resume"]);
  });
});

describe("a kernel", () => {
  it("that does not answer says so once, and takes no orders", async () => {
    const { root, model, said } = mountPanel(running());
    model.kernels.value = model.kernels.value.map((one) => ({ ...one, state: "lost" as const }));
    await expect.element(page.getByText("The kernel does not answer. This is how it was last heard of.")).toBeVisible();
    await expect.poll(said).toBe("The kernel of k1.ipynb does not answer.");
    for (const name of ["Pause", "Cancel"]) {
      await expect.element(button(name)).toHaveAttribute("aria-disabled", "true");
      find(root, `[aria-label="${name}"], .bgw-button`).click();
    }
    expect(model.commands).toEqual([]);
    expect(card(root).textContent).not.toContain(" left");
  });

  it("that is on its way says so", async () => {
    mountPanel(fakeBatches([kernel("k1", { state: "connecting" }), kernel("k2")]));
    await expect.element(page.getByText("Connecting…")).toBeVisible();
    await expect.element(page.getByText("No session is open.")).toBeVisible();
  });

  it("that is gone leaves nothing behind", async () => {
    const { root, model } = mountPanel(state("live"));
    model.kernels.value = [];
    await expect.element(page.getByText(/No batch session is open/)).toBeVisible();
    expect(root.querySelector(".bgw-lab-card")).toBeNull();
  });
});

describe("what is spoken", () => {
  it("is nothing when the panel opens, and nothing of each step", async () => {
    const { model, said } = mountPanel(running());
    await frames();
    model.tick(8);
    await frames();
    expect(said()).toBe("");
    model.change("s1", ({ batch: held }) => ({
      batch: held && {
        ...held,
        status: "completed",
        completed_at: held.created_at + 60,
        counts: counts({ completed: 12 }),
      },
    }));
    await expect.poll(said).toMatch(/^poster: Batch completed: 12 completed in .*, 0 failed\.$/);
  });

  it("names each of several sessions", async () => {
    const { model, said } = mountPanel(
      fakeBatches([
        kernel("k1", {
          sessions: [session("s1"), session("s2", { generator: "chime" })],
        }),
      ]),
    );
    await frames();
    model.kernels.value = model.kernels.value.map((one) => ({
      ...one,
      sessions: one.sessions.map((held) => ({
        ...held,
        batch: batch({ queued: 8 }, { id: `new ${held.id}`, generator: held.generator }),
      })),
    }));
    await expect.poll(said).toBe("poster: Batch started: 8 tasks. chime: Batch started: 8 tasks.");
  });
});
