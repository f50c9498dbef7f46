import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { batch, entry, type FakeBatches, fakeBatches, kernel, PANEL_STATES, project, session } from "../dev/lab";
import { RequestError } from "../src/state/link";
import type { HistoryPage } from "../src/state/wire.gen";
import { expectSafe, hostile, TEXTS } from "./hostile";
import { asked, close, expectAccessible, find, frames } from "./mountBatch";
import { card, mountPanel } from "./mountPanel";

const button = (name: string | RegExp) => page.getByRole("button", { name });
const rows = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>(".bgw-lab-past")];
const said = (root: HTMLElement, word: string) =>
  rows(root).length > 0 && rows(root).every((row) => row.textContent?.includes(word));
const POSTERS = entry(project("autumn-posters"), { batches: 200 });

/** Two projects, the first of which has so many batches; no kernel runs. */
function stored(batches: number): FakeBatches {
  return fakeBatches([], { entries: [{ ...POSTERS, batches }, entry(project("sounds"), { batches: 1 })] });
}

async function open(model: FakeBatches, width = 280) {
  const mounted = mountPanel(model, width);
  await button(/^autumn-posters/).click();
  await expect.poll(() => rows(mounted.root)[0]?.textContent).toContain("result");
  const history = model.histories.get(POSTERS.key);
  if (!history) throw new Error("no history was opened");
  return { ...mounted, history };
}

describe("the list of projects", () => {
  it("shows each with its place and its count, and what is wrong with it", async () => {
    const { root } = mountPanel(PANEL_STATES["live"]?.() ?? stored(1));
    const projects = [...root.querySelectorAll(".bgw-lab-project")].map((one) => one.textContent);
    expect(projects[1]).toBe("portraits5,000 batcheswork/clients/2025/portraits");
    expect(projects[2]).toContain("1 batch");
    expect(projects[3]).toContain("Open it once in a notebook");
    // One that only a kernel reads has no path under the root.
    expect(projects[4]).toContain("/home/ada/");
    expect(projects[0]).toContain("running");
    expect(button(/^from-last-year/).query()).toBeNull();
  });

  it("moves from project to project with the arrow keys", async () => {
    mountPanel(stored(9));
    (button(/^autumn-posters/).element() as HTMLElement).focus();
    await userEvent.keyboard("{ArrowDown}");
    await expect.element(button(/^sounds/)).toHaveFocus();
    await userEvent.keyboard("{ArrowDown}{Home}");
    await expect.element(button(/^autumn-posters/)).toHaveFocus();
  });

  it("opens the only project by itself, once", async () => {
    const model = fakeBatches([], { entries: [POSTERS] });
    const { root } = mountPanel(model);
    await expect.poll(() => rows(root).length).toBeGreaterThan(3);
    await button(/^autumn-posters/).click();
    expect(rows(root)).toEqual([]);
    model.projects.value = { ...model.projects.value, entries: [{ ...POSTERS, batches: 201 }] };
    await frames();
    expect(rows(root)).toEqual([]);
  });

  it("says what to do where the server runs without the extension", async () => {
    mountPanel(PANEL_STATES["absent"]?.() ?? stored(1));
    const alert = page.getByRole("alert");
    await expect.element(alert).toHaveTextContent("without the server extension");
    await expect.element(alert).toHaveTextContent("jupyter server extension enable batchgen_widgets");
  });

  it("says why the server can't tell, and tries again", async () => {
    const { root, model } = mountPanel(PANEL_STATES["failed"]?.() ?? stored(1));
    const alert = page.getByRole("alert");
    await expect.element(alert).toHaveTextContent("The Jupyter server does not answer.");
    await expect.element(alert).not.toHaveTextContent("jupyter server extension enable");
    expect(root.textContent).toContain("Only projects of running kernels are listed.");
    await button("Try again").click();
    expect(model.refreshes).toBe(1);
    model.projects.value = { ...model.projects.value, entries: [] };
    await expect.element(page.getByText("Projects can’t be listed.")).toBeVisible();
    // What the server had listed before stays.
    model.projects.value = { ...model.projects.value, entries: [POSTERS] };
    await expect.element(page.getByText("This list may be out of date.")).toBeVisible();
  });

  it("says that it is on its way, that nothing is there, and that there may be more", async () => {
    const model = fakeBatches([kernel("k1")], { state: "loading" });
    mountPanel(model);
    await expect.element(page.getByText("Looking for projects…")).toBeVisible();
    await expect.element(button("Look for projects again")).toHaveAttribute("aria-disabled", "true");
    model.projects.value = { entries: [], state: "here", problem: null, complete: true };
    await expect.element(page.getByText("No project is here yet.")).toBeVisible();
    model.projects.value = { entries: [POSTERS], state: "here", problem: null, complete: false };
    await expect.element(page.getByText(/some projects may be missing here/)).toBeVisible();
    await button("Look for projects again").click();
    expect(model.refreshes).toBe(1);
  });

  it("shows hostile texts as texts", async () => {
    for (const { text } of TEXTS) {
      const bad = entry({ key: "bad", name: text, folder: text }, { path: text, batches: 9 });
      const held = batch({ failed: 8 }, { generator: text, failures: [{ error: text, count: 8, first: 0 }] });
      const sessions = [session("s1", { generator: text, batch: held, project: bad })];
      const model = fakeBatches([kernel("k1", { titles: [text, text], sessions })], {
        entries: [bad, { ...bad, key: "worse", problem: text }],
      });
      const { historyOf } = model;
      model.historyOf = (one, lifetime) => hostile(historyOf(one, lifetime) as never, text);
      const { root } = mountPanel(model, 240);
      find(root, ".bgw-lab-failures button").click();
      find(root, "button.bgw-lab-project-button").click();
      await expect.poll(() => root.querySelector(".bgw-lab-past .bgw-badge")).toBeTruthy();
      expectSafe(root);
      close(root);
    }
  });
});

describe("the batches of a project", () => {
  it("come with their pictures, and are accessible", async () => {
    for (const width of [200, 420]) {
      const { root } = await open(stored(12), width);
      await expect.poll(() => root.querySelectorAll(".bgw-strip img").length).toBeGreaterThan(3);
      expect(rows(root)[0]?.textContent).toContain("Running");
      expect(find(root, ".bgw-lab-pasts").getAttribute("aria-label")).toBe("Batches of autumn-posters, newest first");
      await expectAccessible(root);
      close(root);
    }
  });

  it("open with a click and with Enter", async () => {
    const { root, actions } = await open(stored(12));
    find(root, '[data-index="1"]').click();
    find(root, '[data-index="1"]').focus();
    await userEvent.keyboard("{ArrowDown}{Enter}");
    expect(actions.asked).toEqual([`batch ${POSTERS.key} b1`, `batch ${POSTERS.key} b2`]);
  });

  it("are drawn and asked for only where they are on screen, of thousands", async () => {
    const { root, history } = await open(stored(5000));
    find(root, '[data-index="0"]').focus();
    await userEvent.keyboard("{End}");
    await expect.poll(() => document.activeElement?.getAttribute("data-index")).toBe("4999");
    await expect.poll(() => document.activeElement?.querySelector(".bgw-badge")).toBeTruthy();
    expect(document.activeElement?.closest("li")?.getAttribute("aria-posinset")).toBe("5000");
    expect(rows(root).length).toBeLessThan(40);
    const got = asked(history, "history.get").reduce((sum, { start, stop }) => sum + stop - start, 0);
    expect(got).toBeLessThan(300);
    expect(root.querySelectorAll('.bgw-lab-past [tabindex="0"]').length).toBe(1);
  });

  it("are never below what sticks to the top when the keyboard leads to them", async () => {
    const { root } = await open(stored(200));
    await button("Filters").click();
    find(root, '[data-index="0"]').focus();
    await userEvent.keyboard("{PageDown}{PageDown}{PageDown}{ArrowUp}{PageUp}{ArrowUp}");
    await frames();
    const row = document.activeElement?.getBoundingClientRect();
    const tools = find(root, ".bgw-lab-tools").getBoundingClientRect();
    expect(Number(document.activeElement?.getAttribute("data-index"))).toBeGreaterThan(3);
    expect(row?.top).toBeGreaterThanOrEqual(tools.bottom - 1);
    expect(row?.bottom).toBeLessThanOrEqual(find(root, ".bgw-lab").getBoundingClientRect().bottom + 1);
    expect(tools.top).toBeGreaterThanOrEqual(find(root, ".bgw-lab-project-head").getBoundingClientRect().bottom - 1);
  });

  it("stay in their window when something above grows", async () => {
    const model = fakeBatches([kernel("k1", { sessions: [session("s1")] })], { entries: [POSTERS] });
    const { root } = mountPanel(model);
    await expect.poll(() => rows(root).length).toBeGreaterThan(3);
    model.kernels.value = Array.from({ length: 9 }, (_, i) => kernel(`k${i}`, { sessions: [session(`s${i}`)] }));
    await frames(4);
    find(root, ".bgw-lab").scrollTop = 3000;
    const seen = () =>
      rows(root).filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return top < 700 && bottom > 120;
      }).length;
    await expect.poll(seen).toBeGreaterThan(7);
  });

  it("are found by words, generator, status and favorites", async () => {
    const { root, history } = await open(stored(200));
    await userEvent.type(page.getByRole("searchbox"), "harbour");
    await expect.poll(() => asked(history, "history.get").at(-1)?.text).toBe("harbour");
    await expect.poll(() => said(root, "harbour")).toBe(true);
    await button("Filters").click();
    await userEvent.selectOptions(page.getByLabelText("Generator", { exact: true }), "upscale");
    await userEvent.selectOptions(page.getByLabelText("Status"), "completed");
    await page.getByRole("switch", { name: "With favorites" }).click();
    await expect
      .poll(() => asked(history, "history.get").at(-1))
      .toMatchObject({ text: "harbour", generator: "upscale", status: "completed", favorites: true });
    await expect.poll(() => said(root, "upscale")).toBe(true);
    await expect.element(page.getByText(/^\d+ found$/)).toBeVisible();
    await expectAccessible(root);
    await userEvent.clear(page.getByRole("searchbox"));
    await userEvent.type(page.getByRole("searchbox"), "no such thing");
    await expect.element(page.getByText("No batch meets the search.")).toBeVisible();
    await button("Show all batches").click();
    await expect.poll(() => rows(root).length).toBeGreaterThan(3);
    await expect.element(page.getByRole("searchbox")).toHaveValue("");
  });

  it("have no search where there are few", async () => {
    const { root } = await open(stored(3));
    expect(root.querySelector(".bgw-lab-tools")).toBeNull();
  });

  it("are let go when their project is folded, and with the panel", async () => {
    const { root, model } = await open(stored(12));
    expect(model.lifetimes.map(({ aborted }) => aborted)).toEqual([false]);
    await button(/^autumn-posters/).click();
    expect(model.lifetimes.map(({ aborted }) => aborted)).toEqual([true]);
    await button(/^autumn-posters/).click();
    close(root);
    expect(model.lifetimes.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("are told live while a kernel runs them, and read again when they end", async () => {
    const held = batch({ completed: 2, running: 1, queued: 5 }, { id: "b1", status: "running" });
    const model = fakeBatches([kernel("k1", { sessions: [session("s1", { batch: held })] })], { entries: [POSTERS] });
    const { root } = mountPanel(model);
    await expect.poll(() => rows(root)[1]?.textContent).toContain("Running");
    const history = model.histories.get(POSTERS.key);
    const times = () => (history ? asked(history, "history.get").length : 0);
    // Its row told of another number, so it was read again.
    await expect.poll(times).toBe(2);
    const before = times();
    model.change("s1", () => ({ batch: { ...held, counts: { ...held.counts, completed: 3, queued: 4 } } }));
    await frames();
    expect(times()).toBe(before);
    expect(find(root, '[data-index="1"]').title).toContain("3 of 8 tasks");
    model.change("s1", () => ({ batch: { ...held, status: "paused" } }));
    await expect.poll(() => rows(root)[1]?.textContent).toContain("Paused");
    await expect.poll(times).toBeGreaterThan(before);
  });

  it("show what a batch has made meanwhile, while it runs and they are on show", async () => {
    const held = batch({ completed: 2, running: 1, queued: 5 }, { id: "b1", status: "running" });
    const model = fakeBatches([kernel("k1", { sessions: [session("s1", { batch: held })] })], { entries: [POSTERS] });
    let made = 2;
    const { historyOf } = model;
    model.historyOf = (one, lifetime) => {
      const link = historyOf(one, lifetime);
      return {
        ...link,
        async request(method, params) {
          const answer = await link.request(method, params);
          if (method !== "history.get") return answer;
          const result = answer.result as HistoryPage;
          const counts = { ...held.counts, completed: made };
          const rows = result.rows.map((row) => (row.id === "b1" ? { ...row, counts, assets: 10 * made } : row));
          return { ...answer, result: { ...result, rows } };
        },
      };
    };
    const { root } = mountPanel(model);
    await expect.poll(() => rows(root)[1]?.textContent).toContain("20 results");
    const history = model.histories.get(POSTERS.key);
    const times = () => (history ? asked(history, "history.get").length : 0);
    const before = times();
    const complete = (completed: number) => {
      made = completed;
      model.change("s1", () => ({ batch: { ...held, counts: { ...held.counts, completed } } }));
    };
    complete(3);
    await expect.poll(() => rows(root)[1]?.textContent).toContain("30 results");
    expect(times()).toBe(before + 1);
    // Only that row, and not again at once.
    expect(history && asked(history, "history.get").at(-1)).toMatchObject({ start: 1, stop: 2 });
    complete(4);
    complete(5);
    await frames(10);
    expect(times()).toBe(before + 1);
    await expect.poll(() => rows(root)[1]?.textContent, { timeout: 5000 }).toContain("50 results");
    expect(times()).toBe(before + 2);
  });

  it("stay on show while they are read again", async () => {
    const { root, history } = await open(stored(40));
    let answer = () => {};
    history.on(
      "history.get",
      () => new Promise((_, reject) => (answer = () => reject(new Error("The disk is gone.")))),
    );
    await button("Look for projects again").click();
    await frames(4);
    expect(rows(root)[0]?.textContent).toContain("result");
    answer();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The disk is gone.");
    expect(rows(root)[0]?.textContent).toContain("result");
    await expectAccessible(root);
  });

  it("say why they can't be read, and are tried again", async () => {
    const model = stored(3);
    let broken = true;
    const { historyOf } = model;
    model.historyOf = (one, lifetime) => {
      const link = historyOf(one, lifetime);
      return {
        ...link,
        request: (method, params) =>
          broken ? Promise.reject(new RequestError("ProjectError", "It is damaged.")) : link.request(method, params),
      };
    };
    const { root } = mountPanel(model);
    await button(/^autumn-posters/).click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The batches could not be read: It is damaged.");
    broken = false;
    await button("Try again").click();
    await expect.poll(() => rows(root).length).toBe(3);
  });

  it("are none in a new project", async () => {
    mountPanel(stored(0));
    await button(/^autumn-posters/).click();
    await expect.element(page.getByText("No batch yet.")).toBeVisible();
  });

  it("leave the cards above alone", async () => {
    const { root } = mountPanel(PANEL_STATES["live"]?.() ?? stored(1));
    const before = card(root).getBoundingClientRect();
    await button(/^autumn-posters/).click();
    await expect.poll(() => rows(root).length).toBeGreaterThan(0);
    expect(card(root).getBoundingClientRect()).toEqual(before);
  });
});
