import { useMemo } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { type FakeKernel, fakeKernel } from "../dev/fakeKernel";
import { GalleryModel } from "../src/state/gallery";
import type { KernelLink } from "../src/state/link";
import { RequestError } from "../src/state/link";
import type { Winners } from "../src/state/wire.gen";
import css from "../src/styles/winners.css?inline";
import { WinnersDialog } from "../src/views/winners/WinnersDialog";
import { asked, expectAccessible, find, show } from "./mountBatch";

const close = vi.fn();
afterEach(() => {
  close.mockReset();
});

const value = (label: string, favorites: number, total: number) => ({ label, value: label, favorites, total });
const FOUND: Winners = {
  favorites: 5,
  total: 24,
  parameters: [
    { name: "sampler", label: "Sampler", kind: "values", values: [value("euler", 4, 12), value("ddim", 1, 12)] },
    { name: "cfg_scale", label: "Cfg scale", kind: "range", values: [value("4 to 5", 0, 6), value("5 to 6", 5, 12)] },
  ],
  notes: ["cfg scale: 4.8 to 6 instead of 1 to 20"],
};

async function open(change: Partial<Winners> = {}, canUse = true): Promise<{ root: HTMLElement; kernel: FakeKernel }> {
  const kernel = fakeKernel({ gallery: { source: "b1", title: "", total: 24, undoable: false, offers: [] } });
  kernel.on("winners.get", () => ({ ...FOUND, ...change }));
  kernel.on("winners.use", () => ({ notes: ["cfg scale: 4.8 to 6 instead of 1 to 20"] }));
  function Host({ link }: { link: KernelLink }) {
    const model = useMemo(() => new GalleryModel(link, "b1"), [link]);
    return (
      <>
        <style>{css}</style>
        <WinnersDialog model={model} link={link} canUse={canUse} onClose={close} />
      </>
    );
  }
  const root = show(Host, kernel);
  await expect.poll(() => root.querySelector("dialog")?.matches(":modal")).toBe(true);
  return { root, kernel };
}

const button = (name: string) => page.getByRole("button", { name }).first();

describe("what wins", () => {
  it("shows favorites of all by value, in the order of the kernel", async () => {
    const { root, kernel } = await open();
    await expect.element(page.getByText("5 favorites of 24 results")).toBeVisible();
    const rows = [...root.querySelectorAll("section.bgw-winner")].map((section) => [
      find(section, "h4").textContent,
      ...[...section.querySelectorAll("li")].map((row) => row.textContent),
    ]);
    expect(rows).toEqual([
      ["Sampler", "euler 4 of 12", "ddim 1 of 12"],
      ["Cfg scale", "4 to 5 0 of 6", "5 to 6 5 of 12"],
    ]);
    const total = root.querySelectorAll<HTMLElement>(".bgw-winner-total");
    expect(total[2]?.style.width).toBe("50%");
    expect(find(total[0] ?? root, "span").style.width).toMatch(/^33\.3/);
    await expect.element(page.getByText("cfg scale: 4.8 to 6 instead of 1 to 20")).toBeVisible();
    expect(asked(kernel, "winners.get")).toEqual([{ source: "b1" }]);
    await expectAccessible(root);
  });

  it("says how to get favorites where there are none", async () => {
    const { root } = await open({ favorites: 0, parameters: [], notes: [] });
    await expect.element(page.getByText("No favorites yet")).toBeVisible();
    expect(button("More like these").query()).toBeNull();
    await expectAccessible(root);
  });

  it("says when nothing but seeds varies", async () => {
    await open({ parameters: [] });
    await expect.element(page.getByText(/differ only in their seeds/)).toBeVisible();
  });

  it("tells why it can't count, and tries again", async () => {
    const { root, kernel } = await open();
    await expect.element(page.getByText("Sampler")).toBeVisible();
    kernel.on("winners.get", () => {
      throw new RequestError("StateError", "The batch is gone.");
    });
    const again = fakeKernel({ gallery: { source: "b1", title: "", total: 24, undoable: false, offers: [] } });
    again.on("winners.get", () => {
      throw new RequestError("StateError", "The batch is gone.");
    });
    const model = new GalleryModel(again, "b1");
    root.remove();
    const second = show(() => <WinnersDialog model={model} link={again} canUse={true} onClose={close} />, again);
    await expect.element(page.getByRole("alert")).toHaveTextContent("The batch is gone.");
    await expectAccessible(second);
    again.on("winners.get", () => FOUND);
    await button("Try again").click();
    await expect.element(page.getByText("Sampler")).toBeVisible();
  });
});

describe("more like these", () => {
  it("fills the config panel, and says what it did where the focus goes", async () => {
    const { root, kernel } = await open();
    await button("More like these").click();
    await expect.element(page.getByText("The config panel is filled")).toBeVisible();
    expect(asked(kernel, "winners.use")).toEqual([{ source: "b1" }]);
    expect(document.activeElement?.textContent).toBe("The config panel is filled");
    expect(find(root, '[role="status"]').textContent).toContain("cfg scale: 4.8 to 6 instead of 1 to 20");
    expect(button("More like these").query()).toBeNull();
    await expectAccessible(root);
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => close.mock.calls.length).toBe(1);
  });

  it("says why it could not", async () => {
    const { kernel } = await open();
    kernel.on("winners.use", () => {
      throw new RequestError("ParameterError", "The favorites are of another generator.");
    });
    await button("More like these").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("The favorites are of another generator.");
    await expect.element(button("More like these")).toBeEnabled();
  });

  it("is left to Python where there is no config panel", async () => {
    const { root } = await open({}, false);
    await expect.element(page.getByText("session.config_from(gallery.favorites)")).toBeVisible();
    expect(button("More like these").query()).toBeNull();
    await expectAccessible(root);
  });
});
