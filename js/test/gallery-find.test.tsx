import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import { answerChoices } from "../dev/choices";
import { RequestError } from "../src/state/link";
import { SHOW_ALL } from "../src/state/query";
import type { AssetRecord } from "../src/state/wire.gen";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { asked, bytes, expectAccessible, find, frames, galleryKernel, recordOf, repeat, show } from "./mountBatch";

const area = (root: HTMLElement) => find(root, ".bgw-gallery-area");
const tile = (root: HTMLElement, position: number) => find(root, `[data-position="${position}"]`);
const tiles = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>(".bgw-tile")].map(({ dataset }) => Number(dataset["position"]));
const search = () => page.getByRole("searchbox", { name: /Search/ });
const spoken = (root: HTMLElement) => find(root, '.bgw-gallery-source > [aria-live="polite"]').textContent;

const PROMPTS = [
  "a lake at dawn",
  "a red fox",
  "a harbour in heavy fog, painted by somebody who had never seen the sea",
];

/** Prompt, steps and cfg differ; the score sorts against the order of arrival. */
function varied(position: number): AssetRecord {
  const record = recordOf(position);
  return {
    ...record,
    params: {
      prompt: PROMPTS[position % 3] ?? "",
      seed: 100 + position,
      steps: [10, 20][position % 2] ?? 0,
      cfg: 1 + position / 4,
    },
    metrics: position % 5 === 4 ? {} : { score: 1000 - position },
  };
}

function findKernel(total: number, marks: number[] = []) {
  const kernel = galleryKernel(total, marks);
  kernel.on("assets.get", ({ positions }) => ({ records: positions.map(varied) }));
  answerChoices(kernel, varied);
  return kernel;
}

async function open(kernel: ReturnType<typeof galleryKernel>, width = 900) {
  const root = show(GalleryView, kernel, width);
  await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
  return root;
}

describe("search", () => {
  it("finds by words as they are typed, and tells the kernel once they rest", async () => {
    const kernel = findKernel(12);
    const root = await open(kernel);
    expect(asked(kernel, "assets.columns")).toEqual([]);
    tile(root, 0).focus();
    await userEvent.keyboard("/red FOX");
    await expect.poll(() => tiles(root)).toEqual([1, 4, 7, 10]);
    await expect.element(page.getByText("4 of 12 results")).toBeVisible();
    await expect.element(page.getByRole("radio", { name: "All 4" })).toBeVisible();
    await expect.poll(() => asked(kernel, "query.set").at(-1)?.query.text).toBe("red FOX");
    expect(asked(kernel, "query.set").length).toBeLessThan(4);
    await expect.poll(() => spoken(root)).toBe("4 of 12 shown.");
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => tiles(root)).toHaveLength(12);
    await expect.element(search()).toHaveFocus();
  });

  it("says when nothing is found, and shows everything again", async () => {
    const kernel = findKernel(6);
    const root = await open(kernel);
    await search().fill("no such thing");
    await expect.element(page.getByText("Nothing found")).toBeVisible();
    await expectAccessible(root);
    await page.getByRole("button", { name: "Show all results" }).click();
    await expect.poll(() => tiles(root)).toHaveLength(6);
    await expect.element(search()).toHaveValue("");
    await expect.element(page.getByRole("radio", { name: "All 6" })).toHaveFocus();
  });

  it("keeps what is on show until every row is here", async () => {
    const kernel = findKernel(2500);
    let answer = () => {};
    const answers = findKernel(2500);
    kernel.on("assets.columns", async (params) => {
      if (params.start) await new Promise<void>((resolve) => (answer = resolve));
      return answers.request("assets.columns", params);
    });
    const root = await open(kernel);
    const before = tiles(root);
    await search().fill("fox");
    await expect.poll(() => asked(kernel, "assets.columns").length).toBe(2);
    await frames();
    expect(tiles(root)).toEqual(before);
    expect(area(root).getAttribute("aria-busy")).toBe("true");
    answer();
    await expect.element(page.getByText("833 of 2,500 results")).toBeVisible();
    expect(asked(kernel, "assets.columns")).toHaveLength(2);
  });
});

describe("sort", () => {
  it("sorts by a metric in both directions, without a value last", async () => {
    const kernel = findKernel(6);
    const root = await open(kernel);
    await page.getByRole("combobox", { name: "Sort by" }).selectOptions("score");
    await expect.poll(() => tiles(root)).toEqual([5, 3, 2, 1, 0, 4]);
    await page.getByRole("button", { name: "Largest first" }).click();
    await expect.poll(() => tiles(root)).toEqual([0, 1, 2, 3, 5, 4]);
    await expect
      .poll(() => asked(kernel, "query.set").at(-1)?.query)
      .toEqual({ ...SHOW_ALL, sort: "score", descending: true });
    await expectAccessible(root);
  });
});

describe("filters", () => {
  it("filters by values and by a range, with counts under the other conditions", async () => {
    const kernel = findKernel(60);
    const root = await open(kernel, 1200);
    await page.getByRole("button", { name: "Filters" }).click();
    const panel = page.getByRole("region", { name: "Filters" });
    await expect.element(panel).toHaveFocus();
    await panel.getByRole("checkbox", { name: /a red fox 20/ }).click();
    await expect.element(page.getByText("20 of 60 results")).toBeVisible();
    await expect.element(panel.getByRole("checkbox", { name: "10 10", exact: true })).toBeVisible();
    await panel.getByRole("textbox", { name: "cfg to" }).fill("5");
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => tiles(root)).toEqual([1, 4, 7, 10, 13, 16]);
    await expect
      .poll(() => asked(kernel, "query.set").at(-1)?.query.where)
      .toEqual({
        prompt: { values: ["a red fox"] },
        cfg: { low: null, high: 5 },
      });
    await expect.element(page.getByRole("button", { name: "Filters 2" })).toBeVisible();
    await expectAccessible(root);
    await page.getByRole("button", { name: "Remove filter: “a red fox”" }).query();
    await page.getByRole("button", { name: "Remove filter: prompt a red fox" }).click();
    await expect.element(page.getByText("17 of 60 results")).toBeVisible();
    await expect.element(page.getByRole("button", { name: "Remove filter: cfg up to 5" })).toHaveFocus();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await expect.element(page.getByText("60 results")).toBeVisible();
    expect(page.getByRole("group", { name: "Active filters" }).query()).toBeNull();
    await panel.element().focus();
    await userEvent.keyboard("{Escape}");
    await expect.element(page.getByRole("button", { name: "Filters" })).toHaveFocus();
  });

  it("moves the ends of a range with handles, and opens an end where a handle is at its end", async () => {
    const kernel = findKernel(60);
    const root = await open(kernel, 700);
    await page.getByRole("button", { name: "Filters" }).click();
    const low = page.getByRole("slider", { name: "Least seed" });
    await expect.element(low).toBeVisible();
    low.element().focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    await expect.element(page.getByText("58 of 60 results")).toBeVisible();
    await userEvent.keyboard("{Home}");
    await expect.element(page.getByText("60 results")).toBeVisible();
    await page.getByRole("slider", { name: "Largest seed" }).element().focus();
    await userEvent.keyboard("{ArrowLeft}");
    await expect.element(page.getByText("59 of 60 results")).toBeVisible();
    await page.getByRole("textbox", { name: "seed from" }).fill("500");
    await userEvent.keyboard("{Enter}");
    await expect.element(page.getByRole("textbox", { name: "seed from" })).toHaveAttribute("aria-invalid", "true");
    await expectAccessible(root);
  });

  it("searches the values of a field that has many", async () => {
    const kernel = findKernel(60);
    kernel.on("assets.columns", ({ start, stop }) => {
      const many = findKernel(60);
      answerChoices(many, (position) => ({
        ...varied(position),
        params: { prompt: `prompt number ${position}` },
        metrics: {},
      }));
      return many.request("assets.columns", { source: "b1", start, stop });
    });
    const root = await open(kernel, 360);
    await page.getByRole("button", { name: "Filters" }).click();
    await expect.element(page.getByRole("checkbox").nth(7)).toBeVisible();
    expect(root.querySelectorAll(".bgw-facet:first-of-type input[type=checkbox]")).toHaveLength(8);
    await page.getByRole("searchbox", { name: "Find a value of prompt" }).fill("NUMBER 4");
    await expect.poll(() => root.querySelectorAll(".bgw-facet:first-of-type input[type=checkbox]").length).toBe(8);
    await page.getByRole("checkbox", { name: "prompt number 42 1" }).query();
    await page.getByRole("searchbox", { name: "Find a value of prompt" }).fill("42");
    await page.getByRole("checkbox", { name: "prompt number 42 1" }).click();
    await expect.poll(() => tiles(root)).toEqual([42]);
    await expectAccessible(root);
  });
});

describe("who has the word", () => {
  it("follows a query from Python, and goes back to it when the kernel refuses another", async () => {
    const kernel = findKernel(12);
    const root = await open(kernel);
    kernel.set("query", { ...SHOW_ALL, where: { steps: { values: [20] } } });
    await expect.poll(() => tiles(root)).toEqual([1, 3, 5, 7, 9, 11]);
    await expect.element(page.getByRole("button", { name: "Remove filter: steps 20" })).toBeVisible();
    kernel.on("query.set", () => {
      throw new RequestError("ParameterError", "text: no such thing today.");
    });
    await search().fill("fox");
    await expect.element(page.getByRole("alert")).toHaveTextContent("no such thing today");
    await expect.element(search()).toHaveValue("");
    expect(tiles(root)).toEqual([1, 3, 5, 7, 9, 11]);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("keeps what is being typed while the kernel speaks of what was before", async () => {
    const kernel = findKernel(12);
    const root = await open(kernel);
    await search().fill("fo");
    kernel.set("query", { ...SHOW_ALL, text: "f" });
    await frames();
    await expect.element(search()).toHaveValue("fo");
    await expect.poll(() => asked(kernel, "query.set").at(-1)?.query.text).toBe("fo");
    expect(tiles(root)).toEqual([1, 2, 4, 5, 7, 8, 10, 11]);
  });
});

describe("places", () => {
  /** Where a tile is on screen. */
  const place = (root: HTMLElement, position: number) => {
    const { left, top } = tile(root, position).getBoundingClientRect();
    return `${Math.round(left)} ${Math.round(top)}`;
  };
  /** The first tile that is seen. */
  const first = (root: HTMLElement) => {
    const edge = area(root).getBoundingClientRect().top;
    const found = [...root.querySelectorAll<HTMLElement>(".bgw-tile")].find(
      (one) => one.getBoundingClientRect().bottom > edge + 40,
    );
    return Number(found?.dataset["position"]);
  };

  it("stay where they are when results arrive before them in a sorted list", async () => {
    const kernel = findKernel(300);
    answerChoices(kernel, (position) => ({ ...varied(position), created_at: 1000 + position }));
    const root = await open(kernel);
    kernel.set("query", { ...SHOW_ALL, sort: "created", descending: true });
    await expect.poll(() => tiles(root)[0]).toBe(299);
    area(root).scrollTop = 2000;
    await expect.poll(() => first(root)).toBeLessThan(270);
    await frames(3);
    const seen = first(root);
    const where = place(root, seen);
    for (const total of [301, 313, 360]) {
      kernel.set("asset_kinds", bytes(repeat(total, () => 0)));
      kernel.set("asset_marks", bytes(repeat(total, () => 0)));
      kernel.set("gallery", { source: "b1", title: "", total, undoable: false, offers: [] });
      await expect.element(page.getByText(`${total} results`)).toBeVisible();
      await expect
        .poll(() => Number(find(root, '[role="grid"]').getAttribute("aria-rowcount")))
        .toBe(Math.ceil((total + ((5 - ((total - 300) % 5)) % 5)) / 5));
      expect(place(root, seen)).toBe(where);
    }
    // At the top, what arrives comes into sight, and no place stays free.
    area(root).scrollTop = 0;
    await expect.poll(() => first(root)).toBe(359);
    kernel.set("gallery", { source: "b1", title: "", total: 361, undoable: false, offers: [] });
    await expect.poll(() => first(root)).toBe(360);
  });

  it("stay where they are when others leave a filter", async () => {
    const kernel = findKernel(300);
    const root = await open(kernel);
    await page.getByRole("radio", { name: "Unselected" }).click();
    area(root).scrollTop = 2000;
    await expect.poll(() => tiles(root)).not.toContain(5);
    await frames(3);
    const seen = first(root);
    const where = place(root, seen);
    for (const gone of [[3], [3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8, seen - 1, 299]]) {
      kernel.set("asset_marks", bytes(repeat(300, (i) => Number(gone.includes(i)))));
      await expect.element(page.getByText(`${300 - gone.length} of 300 results`)).toBeVisible();
      expect(place(root, seen)).toBe(where);
    }
    // Another query begins at its top, without free places.
    await page.getByRole("radio", { name: "Favorites" }).click();
    await expect.poll(() => tiles(root)).toEqual([3, 4, 5, 6, 7, 8, seen - 1, 299]);
    expect(area(root).scrollTop).toBe(0);
  });
});
