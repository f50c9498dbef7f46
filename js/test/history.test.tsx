import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { type FakeKernel, fakeKernel, POSTER } from "../dev/fakeKernel";
import { answerHistory } from "../dev/history";
import { RequestError } from "../src/state/link";
import { formatWhen } from "../src/state/when";
import css from "../src/styles/history.css?inline";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { HistoryDialog } from "../src/views/history/HistoryDialog";
import { asked, expectAccessible, find, galleryKernel, show } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

const NOW = 1_764_000_000;
afterEach(() => vi.useRealTimers());

function kernelWith(count: number, canUse = true): FakeKernel {
  const kernel = fakeKernel({
    gallery: { source: "b1", title: "", total: 0, undoable: false, offers: [] },
    ...(canUse && { generator: POSTER }),
  });
  answerHistory(kernel, count, NOW);
  return kernel;
}

async function open(kernel: FakeKernel) {
  const opened = await openDialog(kernel, css, (_, __, close) => (
    <HistoryDialog link={kernel} onClose={() => close()} />
  ));
  await expect.poll(() => opened.root.querySelector(".bgw-dialog-place")).toBeTruthy();
  return opened;
}

const rows = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>('[role="option"]')];
const all = (root: HTMLElement, word: string) =>
  rows(root).length > 0 && rows(root).every((row) => row.textContent?.includes(word));
const active = (root: HTMLElement) => {
  const id = find(root, '[role="listbox"]').getAttribute("aria-activedescendant") ?? "";
  return document.getElementById(id);
};
const placeOf = (root: HTMLElement) => active(root)?.getAttribute("aria-posinset");
const button = (name: string) => page.getByRole("button", { name });

describe("the list of batches", () => {
  it("shows what each was, and is accessible", async () => {
    const { root } = await open(kernelWith(12));
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    await expect.element(page.getByText("12 batches")).toBeVisible();
    const first = rows(root)[0]?.textContent ?? "";
    expect(first).toContain("Running");
    await expect.poll(() => root.querySelectorAll(".bgw-strip img").length).toBeGreaterThan(3);
    expect(find(root, "time").title).toMatch(/2025/);
    await expectAccessible(root);
  });

  it("draws only the rows on screen of thousands, and asks only for those", async () => {
    const kernel = kernelWith(5000);
    const { root } = await open(kernel);
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    find(root, '[role="listbox"]').focus();
    await userEvent.keyboard("{End}");
    await expect.poll(() => placeOf(root)).toBe("5000");
    await expect.poll(() => active(root)?.querySelector("time")).toBeTruthy();
    expect(rows(root).length).toBeLessThan(40);
    const got = asked(kernel, "history.get").reduce((sum, { start, stop }) => sum + stop - start, 0);
    expect(got).toBeLessThan(300);
    const box = find(root, '[role="listbox"]').getBoundingClientRect();
    expect(active(root)?.getBoundingClientRect().bottom).toBeLessThanOrEqual(box.bottom + 1);
  });

  it("moves by keyboard, and shows a batch with Enter", async () => {
    const kernel = kernelWith(30);
    const { root, closed } = await open(kernel);
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    find(root, '[role="listbox"]').focus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
    expect(placeOf(root)).toBe("2");
    await userEvent.keyboard("{PageDown}");
    expect(Number(placeOf(root))).toBeGreaterThan(4);
    await userEvent.keyboard("{Home}{ArrowDown}{Enter}");
    await expect.poll(() => closed.length).toBe(1);
    expect(asked(kernel, "history.show")).toEqual([{ batch: "b1" }]);
    expect(kernel.trait("gallery").value.source).toBe("b1");
  });

  it("finds by words once they are typed, by generator, status and favorites", async () => {
    const kernel = kernelWith(200);
    const { root } = await open(kernel);
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    await userEvent.type(page.getByRole("searchbox"), "harbour");
    await expect.poll(() => asked(kernel, "history.get").at(-1)?.text).toBe("harbour");
    await expect.poll(() => all(root, "harbour")).toBe(true);
    expect(asked(kernel, "history.get").filter(({ text }) => text !== "" && text !== "harbour").length).toBeLessThan(4);
    await userEvent.selectOptions(page.getByLabelText("Generator", { exact: true }), "upscale");
    await userEvent.selectOptions(page.getByLabelText("Status"), "completed");
    await page.getByRole("switch", { name: "With favorites" }).click();
    await expect
      .poll(() => asked(kernel, "history.get").at(-1))
      .toMatchObject({ text: "harbour", generator: "upscale", status: "completed", favorites: true });
    await expect.poll(() => all(root, "upscale")).toBe(true);
    await userEvent.clear(page.getByRole("searchbox"));
    await userEvent.type(page.getByRole("searchbox"), "no such thing");
    await expect.element(page.getByText("No such batch")).toBeVisible();
    await button("Show all batches").click();
    await expect.element(page.getByText("200 batches")).toBeVisible();
    await expectAccessible(root);
  });

  it("shows texts that try to be more as texts", async () => {
    const { root } = await open(kernelWith(60));
    await userEvent.type(page.getByRole("searchbox"), "onerror");
    await expect.poll(() => rows(root).length).toBeGreaterThan(0);
    await expect.poll(() => all(root, "<script>")).toBe(true);
    expect(root.querySelector(".bgw-past-title img, .bgw-past-title script")).toBeNull();
  });

  it("says that there is nothing yet", async () => {
    const { root } = await open(kernelWith(0));
    await expect.element(page.getByText("No batch yet")).toBeVisible();
    await expect.element(button("Show in gallery")).toHaveAttribute("aria-disabled", "true");
    await expectAccessible(root);
  });

  it("tells why the history can't be read, and tries again", async () => {
    const kernel = kernelWith(3);
    let broken = true;
    const page1 = { start: 0, total: 0, rows: [], generators: [], own: null, shown: "" };
    kernel.on("history.get", () => {
      if (broken) throw new RequestError("ProjectError", "The disk is gone.");
      return page1;
    });
    await openDialog(kernel, css, (_, __, close) => <HistoryDialog link={kernel} onClose={() => close()} />);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The disk is gone.");
    broken = false;
    await button("Try again").click();
    await expect.element(page.getByText("No batch yet")).toBeVisible();
  });
});

describe("what can be done with a batch", () => {
  it("fills the config panel, and says what is new", async () => {
    const kernel = kernelWith(9);
    const { root } = await open(kernel);
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    const poster = rows(root).findIndex((row) => row.textContent?.includes("poster"));
    rows(root)[poster]?.click();
    await button("Use its settings").click();
    await expect
      .element(page.getByText(/The config panel is filled\. Tasks: .* Changed: prompt, steps\./))
      .toBeVisible();
    expect(asked(kernel, "history.use")).toEqual([{ batch: `b${poster}` }]);
  });

  it("offers settings only where there is a panel, and resumes only what can go on", async () => {
    const kernel = kernelWith(200, false);
    const { root } = await open(kernel);
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    expect(button("Use its settings").query()).toBeNull();
    await expect.element(button("Resume")).toHaveAttribute("aria-disabled", "true");
    await userEvent.selectOptions(page.getByLabelText("Status"), "interrupted");
    await userEvent.selectOptions(page.getByLabelText("Generator", { exact: true }), "poster");
    await expect.poll(() => all(root, "Interrupted")).toBe(true);
    await expect.element(button("Resume")).not.toHaveAttribute("aria-disabled");
    const before = asked(kernel, "history.get").length;
    await button("Resume").click();
    await expect.element(page.getByText("The batch goes on.")).toBeVisible();
    expect(asked(kernel, "history.resume")).toHaveLength(1);
    await expect.poll(() => asked(kernel, "history.get").length).toBeGreaterThan(before);
  });

  it("says why it can't be shown, and stays", async () => {
    const kernel = kernelWith(3);
    kernel.on("history.show", () => {
      throw new RequestError("ProjectError", "The batch is gone.");
    });
    const { root, closed } = await open(kernel);
    await expect.poll(() => rows(root).length).toBe(3);
    await button("Show in gallery").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The batch is gone.");
    expect(closed).toEqual([]);
  });
});

describe("two batches compared", () => {
  async function compare() {
    const kernel = kernelWith(9);
    const opened = await open(kernel);
    await expect.poll(() => rows(opened.root).length).toBeGreaterThan(5);
    await expect.element(button("Compare two")).toHaveAttribute("aria-disabled", "true");
    find(opened.root, '[role="listbox"]').focus();
    await userEvent.keyboard(" {ArrowDown} ");
    expect(rows(opened.root).map((row) => row.ariaSelected)).toEqual(["true", "true", ...Array(7).fill("false")]);
    await userEvent.keyboard("{ArrowDown} ");
    // A third one takes the place of the first.
    expect(rows(opened.root).map((row) => row.ariaSelected)).toEqual([
      "false",
      "true",
      "true",
      ...Array(6).fill("false"),
    ]);
    await button("Compare two").click();
    await expect.element(page.getByText("What differs")).toBeVisible();
    return { ...opened, kernel };
  }

  it("shows differences first, the older batch on the left", async () => {
    const { root, kernel } = await compare();
    expect(asked(kernel, "history.compare")).toEqual([{ a: "b2", b: "b1" }]);
    const [differs, alike] = [...root.querySelectorAll("table")];
    expect(differs?.textContent).toContain("steps2040");
    expect(differs?.textContent).not.toContain("width");
    expect(alike?.textContent).toContain("width512512");
    expect(alike?.closest("details")?.open).toBe(false);
    await page.getByText("How the source of the generator changed").click();
    await expect.element(page.getByText("return pipe(prompt, steps=40, callback=report, eta=0.3)")).toBeVisible();
    await expect.element(page.getByText("0.3012 (0.24 to 0.37)")).toBeInTheDocument();
    await expectAccessible(root);
  });

  it("pairs results, a few at first", async () => {
    const { root } = await compare();
    const pairs = () => root.querySelectorAll(".bgw-versus-pairs > li").length;
    expect(pairs()).toBe(40);
    expect(root.textContent).toContain("52 pairs · 8 without a partner");
    await expect.poll(() => root.querySelectorAll(".bgw-versus-pairs img").length).toBeGreaterThan(40);
    expect(root.textContent).toContain("none in B");
    await button("Show 20 more").click();
    expect(pairs()).toBe(60);
    expect(button("Show 20 more").query()).toBeNull();
  });

  it("leads back to the list, as it was", async () => {
    const { root } = await compare();
    await button("Back to all batches").click();
    await expect.poll(() => rows(root).length).toBeGreaterThan(5);
    expect(rows(root).filter((row) => row.ariaSelected === "true")).toHaveLength(2);
    expect(dialogIn(root).contains(document.activeElement)).toBe(true);
  });

  it("tells why they can't be compared", async () => {
    const kernel = kernelWith(2);
    kernel.on("history.compare", () => {
      throw new RequestError("ProjectError", "b1: no such batch");
    });
    const { root } = await open(kernel);
    await expect.poll(() => rows(root).length).toBe(2);
    find(root, '[role="listbox"]').focus();
    await userEvent.keyboard(" {ArrowDown} ");
    await button("Compare two").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("b1: no such batch");
    await expectAccessible(root);
  });
});

describe("an earlier batch in the gallery", () => {
  const held = { created_at: Date.now() / 1000 - 60, generator: "poster", newer: false };

  it("says so, and leads back with the focus in the gallery", async () => {
    const kernel = galleryKernel(6);
    kernel.on("history.show", () => {
      const { held: _, ...gallery } = kernel.trait("gallery").peek();
      kernel.set("gallery", { ...gallery, source: "b1" });
      return {};
    });
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), source: "b0", held });
    const root = show(GalleryView, kernel);
    await expect.element(page.getByText(/Showing the batch started (today|yesterday) \d/)).toBeVisible();
    await expectAccessible(root);
    await button("Back to the current batch").click();
    await expect.poll(() => root.textContent).not.toContain("Showing the batch");
    expect(asked(kernel, "history.show")).toEqual([{ batch: null }]);
    expect(find(root, ".bgw-gallery").contains(document.activeElement)).toBe(true);
  });

  it("tells that another one runs", async () => {
    const kernel = galleryKernel(6);
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), source: "b0", held });
    const root = show(GalleryView, kernel);
    await expect.element(button("Back to the current batch")).toBeVisible();
    kernel.set("gallery", { ...kernel.trait("gallery").peek(), held: { ...held, newer: true } });
    await expect.element(page.getByText("Another batch is running")).toBeVisible();
    await expect.element(button("Show it")).toBeVisible();
    await expectAccessible(root);
  });

  it("opens from the menu where it is offered", async () => {
    const kernel = galleryKernel(3);
    answerHistory(kernel, 4, NOW);
    const root = show(GalleryView, kernel);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: /History/ }).click();
    await expect.poll(() => rows(root).length).toBe(4);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => root.querySelector("dialog")).toBeNull();
  });

  it("opens from a gallery that has nothing to show yet", async () => {
    const kernel = kernelWith(4);
    kernel.set("gallery", { source: "", title: "", total: 0, undoable: false, offers: ["history"] });
    const root = show(GalleryView, kernel);
    const way = page.getByRole("button", { name: "Show an earlier batch…" });
    await way.click();
    await expect.poll(() => rows(root).length).toBe(4);
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => root.querySelector("dialog")).toBeNull();
    expect(document.activeElement).toBe(way.element());
    kernel.set("gallery", { source: "", title: "", total: 0, undoable: false, offers: [] });
    await expect.poll(() => way.query()).toBeNull();
  });
});

it("says when, in few words", () => {
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 2).getTime() / 1000;
  const now = at(23, 15);
  expect(formatWhen(at(23, 14), now)).toBe("today 2:02 PM");
  expect(formatWhen(at(22, 0), now)).toBe("yesterday 12:02 AM");
  expect(formatWhen(at(21, 14), now)).toBe("Nov 21, 2:02 PM");
  expect(formatWhen(new Date(2025, 10, 21, 14, 2).getTime() / 1000, now)).toBe("Nov 21, 2025, 2:02 PM");
});
