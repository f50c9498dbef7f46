import { describe, expect, it } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { css, Dialog as ReviewsDialog } from "../src/parts/reviews";
import { DetailDialog, css as viewerCss } from "../src/parts/viewer";
import type { AssetReview, ReviewTable } from "../src/state/wire.gen";
import { asked, expectAccessible, find, galleryKernel, recordOf } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

const said = (reviewer: string, mark: AssetReview["mark"], note = ""): AssetReview => ({ reviewer, mark, note });
const TABLE: ReviewTable = {
  reviewers: ["Ada", "Bo"],
  rows: [
    { position: 0, name: "0000_lake.png", reviews: [said("Ada", "favorite"), said("Bo", "favorite")] },
    { position: 2, name: "0002_lake.png", reviews: [said("Ada", "discarded", "too dark"), said("Bo", "favorite")] },
    { position: 3, name: "0003_lake.png", reviews: [null, said("Bo", null, "<b>look</b>")] },
    { position: 4, name: "0004_lake.png", reviews: [said("Ada", "discarded"), null] },
  ],
};
const NOBODY: ReviewTable = { reviewers: [], rows: [] };

function reviewsKernel(table: ReviewTable = TABLE, marks: number[] = [0, 0, 0, 0, 1, 0]) {
  const kernel = Object.assign(galleryKernel(6, marks), { table });
  kernel.on("reviews.get", () => kernel.table);
  kernel.on("reviews.adopt", () => ({ changed: 2 }));
  kernel.on("reviews.import", ({ name, text }) => {
    if (!text.startsWith("{")) throw new Error(`${name}: not valid (Expecting value)`);
    kernel.table = TABLE;
    return { reviewer: "Ada", batch: "b1", added: 3, updated: 0, unchanged: 0, unknown: ["b1-0099"] };
  });
  return kernel;
}

const open = (kernel: FakeKernel) =>
  openDialog(kernel, css, (model, _actions, close) => (
    <ReviewsDialog model={model} link={kernel} onClose={() => close()} />
  ));

const button = (name: string | RegExp) => page.getByRole("button", { name });
const rowsIn = (root: HTMLElement) => [...root.querySelectorAll("tbody tr")].map((row) => find(row, "th").textContent);
const file = (text: string, name = "ada.json") => new File([text], name, { type: "application/json" });

function drop(target: Element, ...files: File[]): void {
  const dataTransfer = new DataTransfer();
  for (const one of files) dataTransfer.items.add(one);
  for (const type of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
  }
}

describe("reviews side by side", () => {
  it("have a column for each reviewer, and one for you", async () => {
    const { root } = await open(reviewsKernel());
    await expect.element(page.getByText("4 results by 2 reviewers")).toBeVisible();
    expect([...root.querySelectorAll("thead th")].map((cell) => cell.textContent)).toEqual([
      "Result",
      "You",
      "Ada",
      "Bo",
      "Stars",
    ]);
    expect(rowsIn(root)).toEqual(TABLE.rows.map(({ name }) => name));
    const second = [...(root.querySelectorAll("tbody tr")[1]?.children ?? [])].map((cell) => cell.textContent);
    expect(second.slice(2)).toEqual(["Discardedtoo dark", "Favorite", "1"]);
    await expect.poll(() => root.querySelectorAll("tbody img").length).toBe(4);
    await expectAccessible(root);
  });

  it("show notes as text, whatever is in them", async () => {
    const { root } = await open(reviewsKernel());
    await expect.element(page.getByText("<b>look</b>")).toBeVisible();
    expect(root.querySelector("tbody b")).toBeNull();
  });

  it("can be filtered to what is disputed, your own mark included, and to notes", async () => {
    const { root } = await open(reviewsKernel());
    await page.getByRole("radio", { name: "Disputed 2" }).click();
    // Ada against Bo, and Ada against you.
    expect(rowsIn(root)).toEqual(["0002_lake.png", "0004_lake.png"]);
    await button("Favorite: 0004_lake.png").click();
    await expect.poll(() => rowsIn(root)).toEqual(["0002_lake.png"]);
    await page.getByRole("radio", { name: "With notes 2" }).click();
    expect(rowsIn(root)).toEqual(["0002_lake.png", "0003_lake.png"]);
    await expectAccessible(root);
  });

  it("can have the most stars first", async () => {
    const { root } = await open(reviewsKernel());
    await page.getByRole("switch", { name: "Most stars first" }).click();
    expect(rowsIn(root)[0]).toBe("0000_lake.png");
    expect(rowsIn(root)[1]).toBe("0002_lake.png");
  });

  it("let you mark, too", async () => {
    const kernel = reviewsKernel();
    await open(kernel);
    await button("Favorite: 0000_lake.png").click();
    expect(asked(kernel, "assets.mark")).toEqual([{ source: "b1", positions: [0], mark: "favorite" }]);
    await expect.element(button("Favorite: 0000_lake.png")).toHaveAttribute("aria-pressed", "true");
  });

  it("come in parts where they are many", async () => {
    const rows = Array.from({ length: 250 }, (_, i) => ({
      position: i % 6,
      name: `${i}.png`,
      reviews: [said("Ada", "favorite")],
    })).map((row, i) => ({ ...row, position: i }));
    const kernel = Object.assign(galleryKernel(250), {});
    kernel.on("reviews.get", () => ({ reviewers: ["Ada"], rows }));
    const { root } = await open(kernel);
    await expect.poll(() => rowsIn(root).length).toBe(100);
    await button("Show 100 more").click();
    await button("Show 50 more").click();
    expect(rowsIn(root).length).toBe(250);
  });
});

describe("review files", () => {
  it("are asked for where there are none, and taken when dropped", async () => {
    const kernel = reviewsKernel(NOBODY);
    const { root } = await open(kernel);
    await expect.element(page.getByText("No reviews yet")).toBeVisible();
    await expectAccessible(root);
    drop(dialogIn(root), file('{"format": "batchgen-review"}'));
    await expect.element(page.getByText("Ada: 3 new; 1 result of the file unknown here.")).toBeVisible();
    expect(asked(kernel, "reviews.import")).toEqual([
      { source: "b1", name: "ada.json", text: '{"format": "batchgen-review"}' },
    ]);
    expect(rowsIn(root).length).toBe(4);
    expect(dialogIn(root).classList.contains("bgw-is-dropping")).toBe(false);
  });

  it("can be chosen, several at once; a bad one keeps out no good one", async () => {
    const kernel = reviewsKernel(NOBODY);
    const { root } = await open(kernel);
    await expect.element(button("Import reviews…")).toBeVisible();
    const input = find(root, 'input[type="file"]') as HTMLInputElement;
    const transfer = new DataTransfer();
    transfer.items.add(file("hello", "notes.json"));
    transfer.items.add(file("{}"));
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await expect.element(page.getByRole("alert")).toHaveTextContent("notes.json: not valid (Expecting value)");
    await expect.element(page.getByText("Ada: 3 new; 1 result of the file unknown here.")).toBeVisible();
    await expectAccessible(root);
    await button("Dismiss").click();
    expect(page.getByRole("alert").query()).toBeNull();
  });

  it("are not read when they are larger than any review", async () => {
    const kernel = reviewsKernel(NOBODY);
    const { root } = await open(kernel);
    await expect.element(page.getByText("No reviews yet")).toBeVisible();
    drop(dialogIn(root), file("x".repeat(5 * 1024 * 1024 + 1), "film.json"));
    await expect.element(page.getByRole("alert")).toHaveTextContent("film.json: has more than 5 MB");
    expect(asked(kernel, "reviews.import")).toEqual([]);
  });
});

describe("taking over", () => {
  const choice = () => page.getByRole("combobox", { name: "Take over" });

  it("says how many marks would change, does it, and takes it back", async () => {
    const kernel = reviewsKernel();
    const { root } = await open(kernel);
    await expect.element(choice()).toHaveValue("0");
    expect([...find(root, "select").children].map((one) => one.textContent)).toEqual([
      "Starred by all 2",
      "Starred by at least 1",
      "Marks of Ada",
      "Marks of Bo",
    ]);
    await expect.element(button("Change 1 mark of mine")).toBeVisible();
    await choice().selectOptions("Starred by at least 1");
    await expect.element(button("Change 2 marks of mine")).toBeVisible();
    await choice().selectOptions("Marks of Ada");
    await button("Change 3 marks of mine").click();
    await expect.element(page.getByText("2 marks of yours changed.")).toBeVisible();
    expect(asked(kernel, "reviews.adopt")).toEqual([{ source: "b1", reviewer: "Ada", at_least: 1 }]);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), undoable: true });
    await button("Undo").click();
    await expect.element(page.getByText("Undone.")).toBeVisible();
    expect(asked(kernel, "assets.undo").length).toBe(1);
    await expectAccessible(root);
  });

  it("is nothing to do where it would change nothing", async () => {
    const kernel = reviewsKernel(
      { reviewers: ["Ada"], rows: [{ position: 4, name: "4", reviews: [said("Ada", "favorite")] }] },
      [0, 0, 0, 0, 1, 0],
    );
    await open(kernel);
    await expect.element(button("Nothing to change")).toHaveAttribute("aria-disabled", "true");
  });

  it("says why it could not", async () => {
    const kernel = reviewsKernel();
    kernel.on("reviews.adopt", () => {
      throw new Error("The session is closed.");
    });
    await open(kernel);
    await button(/Change 1 mark/).click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The session is closed.");
  });
});

it("is closed by Escape, and has room in a narrow cell", async () => {
  await page.viewport(360, 640);
  try {
    const { root, closed } = await open(reviewsKernel());
    await expect.element(page.getByText("4 results by 2 reviewers")).toBeVisible();
    const dialog = dialogIn(root);
    expect(dialog.scrollWidth).toBeLessThanOrEqual(dialog.clientWidth);
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => closed.length).toBe(1);
  } finally {
    await page.viewport(1280, 800);
  }
});

it("says what cannot be read", async () => {
  const kernel = reviewsKernel();
  kernel.on("reviews.get", () => {
    throw new Error("The batch is gone.");
  });
  await open(kernel);
  await expect.element(page.getByRole("alert")).toHaveTextContent("The batch is gone.");
});

it("is among the details of a result, with names", async () => {
  const kernel = galleryKernel(2);
  kernel.on("assets.get", ({ positions }) => ({
    records: positions.map((position) => ({
      ...recordOf(position),
      ...(position === 0 && { reviews: [said("Ada", "favorite", "best of all"), said("Bo", "discarded")] }),
    })),
  }));
  const { root } = await openDialog(kernel, viewerCss, (model, actions, close) => (
    <DetailDialog model={model} positions={[0, 1]} start={0} actions={actions} onClose={close} />
  ));
  await expect.element(page.getByRole("heading", { name: "Reviews" })).toBeVisible();
  const lines = [...root.querySelectorAll(".bgw-reviewed-by li")].map((line) => line.textContent);
  expect(lines).toEqual(["Ada starred it: best of all", "Bo discarded it"]);
  await expectAccessible(root);
  await userEvent.keyboard("{ArrowRight}");
  await expect.poll(() => root.querySelector(".bgw-reviewed-by")).toBeNull();
});
