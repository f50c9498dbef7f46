import { describe, expect, it } from "vitest";
import cases from "../../tests/unit/batches/query_cases.json?raw";
import { type Cell, type Row, writeColumns } from "../dev/columns";
import { ColumnStore } from "../src/state/columns";
import { fold, shownPositions } from "../src/state/matching";
import { type Query, type Rows, SHOW_ALL } from "../src/state/query";
import { ASSET_KINDS } from "../src/state/wire.gen";
import { facetsOf } from "../src/views/filters/facets";

interface AssetCase {
  params: Record<string, Cell>;
  metrics: Record<string, Cell>;
  kind: (typeof ASSET_KINDS)[number];
  mark: "favorite" | "discarded" | null;
  [fact: string]: unknown;
}

interface Cases {
  defaults: AssetCase;
  folds: [string, string][];
  numbers: [number, string][];
  groups: {
    what: string;
    assets: Partial<AssetCase>[];
    cases: { why: string; query: Partial<Query>; expected: number[] }[];
  }[];
}

const CASES = JSON.parse(cases) as Cases;

const FACTS = ["task", "created", "width", "height", "duration", "size", "name"];

function rowOf(asset: AssetCase): Row {
  const facts = Object.fromEntries(FACTS.map((name) => [name, asset[name] as Cell]));
  return { params: asset.params, metrics: asset.metrics, facts: { status: "completed", ...facts } };
}

/** The columns of some assets, fetched so many at a time. */
async function rowsOf(given: Partial<AssetCase>[], atOnce: number): Promise<Rows> {
  const assets = given.map((one) => ({ ...CASES.defaults, ...one }));
  const rows = assets.map(rowOf);
  const columns = new ColumnStore({
    fetch: async (start) => writeColumns(rows, start, start + atOnce),
    total: () => rows.length,
  });
  columns.need();
  await expect.poll(() => columns.loaded.value).toBe(rows.length);
  return {
    total: rows.length,
    all: columns.all,
    column: (name) => columns.column(name),
    kinds: () => Uint8Array.from(assets, ({ kind }) => ASSET_KINDS.indexOf(kind)),
    marks: () => Uint8Array.from(assets, ({ mark }) => (mark === null ? 0 : mark === "favorite" ? 1 : 2)),
  };
}

describe.each(CASES.groups)("$what", ({ assets, cases: queries }) => {
  // All at once, and one by one: then what a column holds shows bit by bit.
  it.each([2000, 1])("means the same as in Python, %i at a time", async (atOnce) => {
    const rows = await rowsOf(assets, atOnce);
    for (const { why, query, expected } of queries) {
      expect([...shownPositions({ ...SHOW_ALL, ...query }, rows)], `${why}: ${JSON.stringify(query)}`).toEqual(
        expected,
      );
    }
  });
});

it.each(CASES.folds)("folds %j as Python does", (text, folded) => {
  expect(fold(text)).toBe(folded);
  expect(fold(folded)).toBe(folded);
});

it.each(CASES.numbers)("writes %d as Python does", (number, text) => {
  expect(String(number)).toBe(text);
});

describe("facets", () => {
  const assets = Array.from({ length: 60 }, (_, i) => ({
    params: { sampler: i % 3 ? "euler" : "ddim", steps: [10, 20, 40][i % 3] ?? null, cfg: 1 + i / 10, same: 1 },
    metrics: i % 2 ? { safe: true } : {},
    mark: i < 6 ? ("favorite" as const) : null,
    name: `${i}.png`,
  }));
  const facet = async (name: string, query: Partial<Query>) => {
    const found = facetsOf({ ...SHOW_ALL, ...query }, await rowsOf(assets, 2000)).find((one) => one.name === name);
    return found?.kind === "values" ? found.values.map(({ value, count }) => [value, count]) : found;
  };

  it("counts under all other conditions, not its own", async () => {
    const query = { where: { sampler: { values: ["ddim"] }, steps: { values: [10, 20] } } };
    expect(await facet("sampler", query)).toEqual([
      ["euler", 20],
      ["ddim", 20],
    ]);
    expect(await facet("steps", query)).toEqual([
      [10, 20],
      [20, 0],
      [40, 0],
    ]);
    expect(await facet("safe", query)).toEqual([
      [true, 10],
      [null, 10],
    ]);
    expect(await facet("sampler", { mark: "favorite", text: "eul" })).toEqual([
      ["euler", 4],
      ["ddim", 0],
    ]);
  });

  it("bins many numbers, both ends in it", async () => {
    const range = await facet("cfg", { where: { cfg: { low: 1, high: 2 }, sampler: { values: ["ddim"] } } });
    expect(range).toMatchObject({ kind: "range", min: 1, max: 6.9, whole: false });
    const bins = range && "bins" in range ? range.bins : [];
    expect(bins.reduce((sum, { total }) => sum + total, 0)).toBe(60);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(20);
  });

  it("leaves out what is the same everywhere, unless it is a condition", async () => {
    expect(await facet("same", {})).toBeUndefined();
    expect(await facet("name", {})).toBeUndefined();
    expect(await facet("same", { where: { same: { values: [2] } } })).toEqual([[1, 60]]);
  });
});
