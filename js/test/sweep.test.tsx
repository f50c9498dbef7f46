import { useMemo } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { GalleryModel } from "../src/state/gallery";
import type { KernelLink } from "../src/state/link";
import { RequestError } from "../src/state/link";
import css from "../src/styles/sweep.css?inline";
import { shortLabels } from "../src/views/sweep/labels";
import { layoutTable, moveByKey } from "../src/views/sweep/layout";
import { SweepView } from "../src/views/sweep/SweepView";
import { chooseAxes, makeScale, roundEdges } from "../src/views/sweep/scale";
import { addUp, fillCells, makeFrame } from "../src/views/sweep/table";
import { asked, expectAccessible, find, frames, repeat, show } from "./mountBatch";
import { grid, type SweepKernel, sweepKernel, type TaskSpec } from "./sweepKernel";

const calls = { open: vi.fn(), compare: vi.fn() };
afterEach(() => {
  vi.restoreAllMocks();
  calls.open.mockReset();
  calls.compare.mockReset();
});

let model: GalleryModel;

function Host({ link }: { link: KernelLink }) {
  const made = useMemo(() => {
    model = new GalleryModel(link, link.trait("gallery").peek().source);
    return model;
  }, [link]);
  const actions = {
    mark: (position: number, mark: "favorite" | "discarded") => void made.marks.toggle(position, mark),
    undo: () => void made.marks.undo(),
    ...calls,
  };
  return (
    <div style={{ height: "600px" }}>
      <style>{css}</style>
      <SweepView model={made} link={link} actions={actions} />
    </div>
  );
}

async function open(kernel: SweepKernel, width = 900): Promise<HTMLElement> {
  const root = show(Host, kernel, width);
  await expect.poll(() => root.querySelector('[role="grid"]')).not.toBeNull();
  return root;
}

const cell = (root: HTMLElement, row: number, column: number) =>
  find(root, `[data-row="${row}"][data-column="${column}"]`);
/** What a screen reader says of a cell. */
const label = (root: HTMLElement, row: number, column: number) =>
  cell(root, row, column).getAttribute("aria-label") ?? find(cell(root, row, column), ".bgw-sr-only").textContent;
const headers = (root: HTMLElement, role: string) =>
  [...root.querySelectorAll(`[role="${role}"]`)].map(({ textContent }) => textContent);
const said = (root: HTMLElement) => find(root, ".bgw-sweep > [aria-live]").textContent;
const cells = (root: HTMLElement) => root.querySelectorAll(".bgw-sweep-cell").length;

const completed = (params: TaskSpec["params"][]): TaskSpec[] => params.map((one) => ({ params: one }));
const SMALL = grid({ sampler: ["euler", "ddim", "dpm++"], steps: [10, 20, 40] });

describe("axes", () => {
  it("cuts a range at round numbers", () => {
    expect(roundEdges(4.03, 11.9, 12, false)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(roundEdges(0.1, 0.7, 8, false)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    expect(roundEdges(-3, 3, 4, false)).toEqual([-4, -2, 0, 2, 4]);
    expect(roundEdges(1, 150, 12, true)).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160]);
    expect(roundEdges(10, 22, 12, true)).toEqual([10, 12, 14, 16, 18, 20, 22, 24]);
  });

  it("keeps values as they are, and cuts what was drawn from a range", () => {
    const listed = makeScale("steps", [40, 10, 20, 10, null]);
    expect(listed.slots.map((slot) => slot.label)).toEqual(["10", "20", "40", "none"]);
    expect([...listed.places]).toEqual([2, 0, 1, 0, 3]);
    expect(makeScale("tiling", [true, false]).slots.map((slot) => slot.label)).toEqual(["on", "off"]);
    const drawn = makeScale(
      "cfg_scale",
      repeat(40, (i) => 1 + i / 10),
    );
    expect(drawn.slots.map((slot) => slot.label)).toEqual([
      "1 to 1.5",
      "1.5 to 2",
      "2 to 2.5",
      "2.5 to 3",
      "3 to 3.5",
      "3.5 to 4",
      "4 to 4.5",
      "4.5 to 5",
    ]);
    expect(drawn.places[0]).toBe(0);
    expect(drawn.places[39]).toBe(7);
    const whole = makeScale(
      "steps",
      repeat(30, (i) => i),
    );
    expect(whole.slots[0]?.label).toBe("0 to 4");
    // Of a grid every value comes as often as every other: somebody asked for each of them.
    const asked = makeScale(
      "steps",
      repeat(60, (i) => i % 20),
    );
    expect(asked.slots).toHaveLength(20);
    // Neighbouring seeds have nothing in common.
    expect(
      makeScale(
        "seed",
        repeat(30, (i) => i * 7),
      ).slots,
    ).toHaveLength(30);
    expect(makeScale("a", [0.1234561, 0.1234562]).slots.map((slot) => slot.label)).toEqual(["0.1234561", "0.1234562"]);
  });

  it("are the parameters with most values, seeds last, and long labels at the left", () => {
    const columns = (rows: Record<string, (string | number)[]>) => new Map(Object.entries(rows));
    expect(chooseAxes(columns({ a: [1, 2, 1, 2], b: ["x", "y", "z", "w"], seed: [1, 2, 3, 4] }))).toEqual({
      x: "b",
      y: "a",
      page: null,
    });
    expect(chooseAxes(columns({ seed: [1, 2, 1, 2], a: [1, 1, 2, 2] }))).toEqual({ x: "a", y: "seed", page: null });
    const prompt = ["a lake at dawn, long exposure", "a lake at night"];
    expect(chooseAxes(columns({ prompt: [...prompt, "c"], a: [1, 2, 2] }))).toEqual({
      x: "a",
      y: "prompt",
      page: null,
    });
    expect(chooseAxes(columns({ a: [1, 2] }))).toEqual({ x: "a", y: null, page: null });
  });

  it("say a long beginning that all share only once", () => {
    expect(shortLabels(["a lighthouse on a cliff at dawn", "a lighthouse on a cliff by night"])).toEqual([
      "… at dawn",
      "… by night",
    ]);
    expect(shortLabels(["a lake", "a sea"])).toEqual(["a lake", "a sea"]);
  });
});

describe("cells and sums", () => {
  const columns = new Map(
    Object.entries({
      x: SMALL.map(({ sampler }) => sampler ?? null),
      y: SMALL.map(({ steps }) => steps ?? null),
    }),
  );
  // The results of tasks 0, 0, 4 and 8.
  const rows = { count: 9, columns, rowOf: (position: number) => [0, 0, 4, 8][position] };
  const frame = makeFrame(rows, { x: "x", y: "y", page: null });

  it("joins results to the cells of their tasks, in the order of the gallery", () => {
    const filled = fillCells(frame, rows, 4, [2, 1, 0]);
    expect(filled.get(0)).toEqual({ rows: [0], shown: [1, 0], hidden: 0 });
    expect(filled.get(4)).toEqual({ rows: [4], shown: [2], hidden: 0 });
    expect(filled.get(8)).toEqual({ rows: [8], shown: [], hidden: 1 });
  });

  it("adds up favorites, results and the mean of those that have the metric", () => {
    const filled = fillCells(frame, rows, 4, [0, 1, 2, 3]);
    const metric = Float64Array.of(1, 2, 4, Number.NaN);
    const sums = addUp(frame, filled, 0, (position) => position < 2, metric);
    const { results, favorites, mean } = sums.all;
    expect({ results, favorites, mean }).toEqual({ results: 4, favorites: 2, mean: 7 / 3 });
    expect(sums.rows.map((sum) => [sum.favorites, sum.results, sum.mean])).toEqual([
      [2, 2, 1.5],
      [0, 1, 4],
      [0, 1, null],
    ]);
    expect(sums.columns.map((sum) => sum.results)).toEqual([2, 1, 1]);
  });

  it("moves in two directions, to the sums and no further", () => {
    const table = { rows: 3, columns: 2 };
    const press = (key: string, row: number, column: number, ctrlKey = false) =>
      moveByKey({ key, ctrlKey, metaKey: false }, { row, column }, table, 2);
    expect(press("ArrowRight", 0, 1)).toEqual({ row: 0, column: 2 });
    expect(press("ArrowRight", 0, 2)).toEqual({ row: 0, column: 2 });
    expect(press("ArrowUp", 0, 0)).toEqual({ row: 0, column: 0 });
    expect(press("PageDown", 0, 0)).toEqual({ row: 2, column: 0 });
    expect(press("End", 1, 0)).toEqual({ row: 1, column: 2 });
    expect(press("Home", 2, 2, true)).toEqual({ row: 0, column: 0 });
    expect(press("a", 0, 0)).toBeNull();
  });

  it("makes cells that fill the width of a small table, and never too small ones", () => {
    const labels = (columns: number, rows: number) => ({
      columns: repeat(columns, (i) => i).map(String),
      rows: repeat(rows, (i) => i).map(String),
      names: ["steps"],
      total: "1 / 9",
    });
    expect(layoutTable(labels(12, 8), 1500, null, true).width).toBeLessThanOrEqual(1500);
    expect(layoutTable(labels(100, 100), 1500, null, true).cell).toBe(72);
    expect(layoutTable(labels(3, 3), 1500, null, true).height).toBeLessThan(600);
  });
});

describe("the table", () => {
  it("has the values as labels, and says what each cell holds", async () => {
    const root = await open(sweepKernel(completed(SMALL), { marks: [1, 0, 2] }));
    expect(headers(root, "columnheader").slice(1, 4)).toEqual(["euler", "ddim", "dpm++"]);
    expect(headers(root, "rowheader")).toEqual(["10", "20", "40", "Total"]);
    expect(label(root, 0, 0)).toBe("steps 10, sampler euler: image, favorite");
    expect(label(root, 1, 0)).toBe("steps 20, sampler euler: image");
    expect(label(root, 2, 0)).toBe("steps 40, sampler euler: image, discarded");
    expect(label(root, 0, 3)).toBe("steps 10: 1 favorite of 3 results");
    expect(label(root, 3, 0)).toBe("sampler euler: 1 favorite of 3 results");
    expect(label(root, 3, 3)).toBe("Total: 1 favorite of 9 results");
    await expect.poll(() => root.querySelectorAll("img").length).toBe(9);
    await expectAccessible(root);
  });

  it("tells failed, running, waiting, cancelled and missing combinations apart, with the error", async () => {
    const statuses = ["failed", "running", "queued", "cancelled", "completed", "interrupted", "completed"] as const;
    const tasks: TaskSpec[] = SMALL.slice(0, 7).map((params, i) => ({
      params,
      status: statuses[i] ?? "completed",
      error: "ValueError: black image",
      ...(i === 6 ? { assets: 0 } : {}),
    }));
    const kernel = sweepKernel(tasks);
    const root = await open(kernel);
    await expect.poll(() => label(root, 0, 0)).toBe("steps 10, sampler euler: failed: ValueError: black image");
    expect(cell(root, 0, 0).textContent).toContain("Failed");
    expect(label(root, 1, 0)).toContain(": running");
    expect(label(root, 2, 0)).toContain(": waiting");
    expect(label(root, 0, 1)).toContain(": cancelled");
    expect(label(root, 1, 1)).toContain(": image");
    expect(label(root, 2, 1)).toContain(": interrupted");
    expect(label(root, 0, 2)).toContain(": completed without media");
    expect(label(root, 1, 2)).toContain(": no such combination");
    expect(asked(kernel, "tasks.get")).toEqual([{ batch: "b1", start: 0, stop: 1 }]);
    await expectAccessible(root);
  });

  it("fills while the batch runs, and nothing moves", async () => {
    const kernel = sweepKernel(SMALL.map((params) => ({ params, status: "queued" })));
    const root = await open(kernel);
    const place = cell(root, 2, 2).getBoundingClientRect();
    kernel.finish(4, "completed");
    kernel.finish(5, "failed", "ValueError: black image");
    kernel.finish(6, "running");
    await expect.poll(() => label(root, 1, 1)).toContain(": image");
    await expect.poll(() => label(root, 2, 1)).toContain("failed: ValueError");
    expect(label(root, 0, 2)).toContain(": running");
    expect(cell(root, 2, 2).getBoundingClientRect()).toEqual(place);
    expect(label(root, 3, 3)).toBe("Total: 0 favorites of 1 result");
    expect(asked(kernel, "cells.get")).toHaveLength(1);
  });

  it("asks again how the tasks stand where nobody tells it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const kernel = sweepKernel(
        SMALL.map((params) => ({ params, status: "running" })),
        { hearsBatch: false },
      );
      const root = show(Host, kernel);
      await vi.waitFor(() => expect(label(root, 0, 0)).toContain(": running"));
      kernel.finish(0, "failed");
      await vi.advanceTimersByTimeAsync(4000);
      await vi.waitFor(() => expect(label(root, 0, 0)).toContain(": failed"));
    } finally {
      vi.useRealTimers();
    }
  });

  it("shows several results of a cell as a mosaic, and opens them together", async () => {
    const root = await open(sweepKernel(completed(grid({ steps: [10, 20], seed: repeat(6, (i) => i) }))), 600);
    await userEvent.selectOptions(page.getByLabelText("Rows"), "");
    await userEvent.selectOptions(page.getByLabelText("Columns"), "steps");
    await expect.poll(() => label(root, 0, 1)).toBe("steps 20: 6 results");
    await expect.poll(() => cell(root, 0, 1).querySelectorAll("img").length).toBe(4);
    expect(find(cell(root, 0, 1), ".bgw-sweep-more > span").dataset["text"]).toBe("+2");
    cell(root, 0, 1).focus();
    await userEvent.keyboard("{Enter}");
    expect(calls.open).toHaveBeenCalledWith(6, [6, 7, 8, 9, 10, 11]);
    await expectAccessible(root);
  });

  it("shows the mean of a chosen metric", async () => {
    const tasks = SMALL.map((params, i) => ({ params, metrics: { clip: i / 10, speed: 100 * i } }));
    const root = await open(sweepKernel(tasks));
    expect(label(root, 3, 3)).toBe("Total: 0 favorites of 9 results, mean clip 0.400");
    await userEvent.selectOptions(page.getByLabelText("Mean of"), "speed");
    await expect.poll(() => label(root, 0, 3)).toBe("steps 10: 0 favorites of 3 results, mean speed 300");
    await userEvent.selectOptions(page.getByLabelText("Mean of"), "");
    await expect.poll(() => label(root, 0, 3)).toBe("steps 10: 0 favorites of 3 results");
  });

  it("has pages, by button and by key", async () => {
    const root = await open(sweepKernel(completed(grid({ a: [1, 2, 3], b: [1, 2, 3], c: ["x", "y"] }))));
    await userEvent.selectOptions(page.getByLabelText("Pages"), "c");
    await expect.element(page.getByRole("navigation")).toHaveTextContent("c x");
    expect(label(root, 3, 3)).toBe("This page: 0 favorites of 9 results");
    await page.getByRole("button", { name: "Next page" }).click();
    await expect.element(page.getByRole("navigation")).toHaveTextContent("c y");
    expect(said(root)).toBe("c y, page 2 of 2");
    cell(root, 0, 0).focus();
    await userEvent.keyboard("p");
    await expect.element(page.getByRole("navigation")).toHaveTextContent("c x");
    expect(document.activeElement).toBe(cell(root, 0, 0));
    await userEvent.keyboard("{Enter}");
    expect(calls.open).toHaveBeenCalledWith(0, undefined);
    await expectAccessible(root);
  });

  it("swaps axes when a person chooses one that is in use", async () => {
    const root = await open(sweepKernel(completed(SMALL)));
    await userEvent.selectOptions(page.getByLabelText("Columns"), "steps");
    await expect.poll(() => headers(root, "columnheader").slice(1, 4)).toEqual(["10", "20", "40"]);
    expect(headers(root, "rowheader").slice(0, 3)).toEqual(["euler", "ddim", "dpm++"]);
  });

  it("follows the gallery's filter, and says so", async () => {
    const root = await open(sweepKernel(completed(SMALL), { marks: [1, 0, 2] }));
    model.query.change({ mark: "favorite" });
    await expect.poll(() => label(root, 1, 0)).toBe("steps 20, sampler euler: filtered");
    expect(label(root, 0, 0)).toContain(": image, favorite");
    expect(label(root, 3, 3)).toBe("Total: 1 favorite of 1 result");
    await expect.element(page.getByText("Filtered: 1 of 9 results shown and counted")).toBeVisible();
    await expectAccessible(root);
  });

  it("makes its cells of the results alone where there are no tasks", async () => {
    const kernel = sweepKernel(completed(SMALL.filter((_, i) => i !== 4)), { isList: true });
    const root = await open(kernel);
    expect(label(root, 0, 0)).toBe("steps 10, sampler euler: image");
    expect(label(root, 1, 1)).toContain(": no such combination");
  });

  it("says when nothing varies", async () => {
    const root = show(Host, sweepKernel(completed([{ a: 1 }, { a: 1 }])));
    await expect.element(page.getByText("Nothing varies here")).toBeVisible();
    await expectAccessible(root);
  });

  it("says why it can't be shown, and tries again", async () => {
    const kernel = sweepKernel(completed(SMALL));
    const working = sweepKernel(completed(SMALL));
    kernel.on("cells.get", () => {
      throw new RequestError("NoAnswer", "The kernel does not answer.");
    });
    const root = show(Host, kernel);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The kernel does not answer.");
    await expectAccessible(root);
    kernel.on("cells.get", async (params) => working.request("cells.get", params));
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => root.querySelectorAll('[role="rowheader"]').length).toBe(4);
    expect(page.getByRole("alert").query()).toBeNull();
  });
});

describe("keys and marks", () => {
  it("moves a roving focus in two directions, through the sums too", async () => {
    const root = await open(sweepKernel(completed(SMALL)));
    cell(root, 0, 0).focus();
    await userEvent.keyboard("{ArrowRight}{ArrowDown}");
    expect(document.activeElement).toBe(cell(root, 1, 1));
    await userEvent.keyboard("{End}{ArrowDown}{ArrowDown}");
    expect(document.activeElement).toBe(cell(root, 3, 3));
    await userEvent.keyboard("{Control>}{Home}{/Control}");
    expect(document.activeElement).toBe(cell(root, 0, 0));
    expect(root.querySelectorAll('[role="gridcell"][tabindex="0"]')).toHaveLength(1);
  });

  it("marks every result of a cell as one step, and takes it back", async () => {
    const kernel = sweepKernel(completed(grid({ a: [1, 2], b: [1, 2], seed: [1, 2, 3] })));
    const root = await open(kernel);
    await userEvent.selectOptions(page.getByLabelText("Columns"), "a");
    await userEvent.selectOptions(page.getByLabelText("Rows"), "b");
    await expect.poll(() => label(root, 0, 1)).toBe("b 1, a 2: 3 results");
    cell(root, 0, 1).focus();
    await userEvent.keyboard("f");
    await expect.poll(() => label(root, 0, 1)).toBe("b 1, a 2: 3 results, 3 favorites");
    expect(said(root)).toBe("Marked as favorite: 3 results");
    expect(asked(kernel, "assets.mark")).toEqual([{ source: "b1", positions: [6, 7, 8], mark: "favorite" }]);
    await userEvent.keyboard("x");
    await expect.poll(() => label(root, 0, 1)).toBe("b 1, a 2: 3 results, 3 discarded");
    await userEvent.keyboard("u");
    await expect.poll(() => label(root, 0, 1)).toBe("b 1, a 2: 3 results, 3 favorites");
    await userEvent.keyboard("f");
    await expect.poll(() => label(root, 0, 1)).toBe("b 1, a 2: 3 results");
    expect(document.activeElement).toBe(cell(root, 0, 1));
  });

  it("chooses cells by C, Ctrl+Enter, Ctrl+click and button, and compares them", async () => {
    const root = await open(sweepKernel(completed(SMALL)));
    const compare = page.getByRole("button", { name: /^Compare (\d+ )?cells?$/ });
    await expect.element(compare).toHaveAttribute("aria-disabled", "true");
    cell(root, 0, 0).focus();
    await userEvent.keyboard("c{ArrowRight}{Control>}{Enter}{/Control}");
    expect(said(root)).toBe("2 cells chosen to compare");
    expect(cell(root, 0, 1).getAttribute("aria-selected")).toBe("true");
    await userEvent.click(cell(root, 1, 1), { modifiers: ["Control"] });
    await userEvent.hover(cell(root, 2, 2));
    await expect.poll(() => cell(root, 2, 2).querySelector("button")).not.toBeNull();
    await userEvent.click(find(cell(root, 2, 2), ".bgw-tile-select"));
    await userEvent.click(find(cell(root, 2, 2), ".bgw-tile-select"));
    expect(calls.open).not.toHaveBeenCalled();
    await expectAccessible(root);
    await compare.click();
    expect(calls.compare).toHaveBeenCalledWith([0, 3, 4]);
    cell(root, 0, 0).focus();
    await userEvent.keyboard("{Escape}");
    await expect.element(compare).toHaveAttribute("aria-disabled", "true");
    expect(said(root)).toBe("No cell chosen");
  });

  it("compares one result of each cell where all would be too many, a favorite first", async () => {
    const root = await open(
      sweepKernel(completed(grid({ a: [1, 2], seed: repeat(6, (i) => i) })), { marks: [0, 0, 1] }),
    );
    await userEvent.selectOptions(page.getByLabelText("Rows"), "");
    await userEvent.selectOptions(page.getByLabelText("Columns"), "a");
    await expect.poll(() => label(root, 0, 1)).toBe("a 2: 6 results");
    cell(root, 0, 0).focus();
    await userEvent.keyboard("c{ArrowRight}c{Shift>}C{/Shift}");
    expect(calls.compare).toHaveBeenCalledWith([2, 6]);
  });
});

describe("a hundred by a hundred", () => {
  const huge = () =>
    sweepKernel(
      completed(
        grid({
          a: repeat(100, (i) => i),
          b: repeat(100, (i) => i),
        }),
      ),
    );

  it("draws and asks for what is on screen, in both directions", async () => {
    const kernel = huge();
    const root = await open(kernel);
    await expect.poll(() => root.querySelectorAll("img").length).toBeGreaterThan(40);
    await frames(6);
    expect(cells(root)).toBeLessThan(170);
    const before = asked(kernel, "assets.thumbnails").flatMap(({ positions }) => positions);
    expect(before.length).toBeLessThan(170);
    const area = find(root, ".bgw-sweep-scroll");
    expect(area.scrollWidth).toBeGreaterThan(7000);
    area.scrollTo(area.scrollWidth / 2, area.scrollHeight / 2);
    await expect.poll(() => root.querySelector('[data-row="52"][data-column="52"]')).not.toBeNull();
    await frames(10);
    expect(cells(root)).toBeLessThan(200);
    const after = asked(kernel, "assets.thumbnails").flatMap(({ positions }) => positions);
    expect(after.length - before.length).toBeLessThan(170);
    // Labels and sums stay at the edges.
    const edge = area.getBoundingClientRect();
    const row = find(root, '[data-row="52"][data-column="52"]').parentElement;
    expect(row?.firstElementChild?.getBoundingClientRect().left).toBeCloseTo(edge.left + 1, 0);
    expect(row?.lastElementChild?.getBoundingClientRect().right).toBeLessThanOrEqual(edge.right);
    expect(find(root, ".bgw-sweep-head").getBoundingClientRect().top).toBeCloseTo(edge.top + 1, 0);
    // The tab stop stays in the page, wherever the person has scrolled.
    expect(cell(root, 0, 0).tabIndex).toBe(0);
  });

  it("keeps the cell with the focus in sight", async () => {
    const root = await open(huge());
    cell(root, 0, 0).focus();
    await userEvent.keyboard("{Control>}{ArrowDown}{ArrowRight}{/Control}{ArrowUp}{ArrowLeft}");
    const last = cell(root, 99, 99);
    await expect.poll(() => document.activeElement).toBe(last);
    const area = find(root, ".bgw-sweep-scroll").getBoundingClientRect();
    const box = last.getBoundingClientRect();
    expect(box.top).toBeGreaterThan(area.top);
    expect(box.bottom).toBeLessThan(area.bottom - 30);
    expect(box.right).toBeLessThan(area.right - 60);
  });
});
