import { signal } from "@preact/signals";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { css, Dialog as ShareDialog } from "../src/parts/share";
import { GalleryModel } from "../src/state/gallery";
import type { SharePlan, ShareProgress } from "../src/state/wire.gen";
import { asked, bytes, expectAccessible, find, frames, galleryKernel, show } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

afterEach(() => vi.restoreAllMocks());

const PLAN: SharePlan = {
  folder: "/home/ada/notebooks",
  name: "poster-20260301-101500",
  ways: ["zip", "folder", "page", "code"],
};

const RUNNING: ShareProgress = {
  state: "running",
  done: 3,
  total: 6,
  path: "x.zip",
  size: 0,
  error: null,
  exists: false,
  notes: [],
};
const DONE: ShareProgress = { ...RUNNING, state: "done", done: 6, path: "poster-20260301-101500.zip", size: 1_400_000 };

function shareKernel(plan: Partial<SharePlan> = {}): FakeKernel & { progress: ShareProgress } {
  const kernel = Object.assign(galleryKernel(6, [1, 1, 2, 0, 0, 0]), { progress: DONE });
  kernel.on("share.plan", () => ({ ...PLAN, ...plan }));
  kernel.on("share.start", () => ({ job: "j1" }));
  kernel.on("share.progress", () => kernel.progress);
  kernel.on("share.stop", () => {
    kernel.progress = { ...RUNNING, state: "stopped" };
    return {};
  });
  kernel.on("share.code", () => ({ code: "import batchgen_widgets as bg\n" }));
  return kernel;
}

async function open(kernel: FakeKernel) {
  const opened = await openDialog(kernel, css, (model, _actions, close) => (
    <ShareDialog model={model} link={kernel} onClose={() => close()} />
  ));
  await expect.element(page.getByRole("group", { name: "As" })).toBeVisible();
  return opened;
}

const radio = (name: string | RegExp) => page.getByRole("radio", { name });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const path = () => page.getByRole("textbox", { name: /Path on the machine/ });

describe("what is shared", () => {
  it("is all of it, or some, with how many there are", async () => {
    const kernel = shareKernel();
    const { root } = await open(kernel);
    await expect.element(radio("All results 6")).toBeChecked();
    await expect.element(radio("Selection 0")).toBeDisabled();
    await radio("Favorites 2").click();
    await button("Write").click();
    await expect.element(page.getByText("poster-20260301-101500.zip", { exact: true })).toBeVisible();
    expect(asked(kernel, "share.start")).toEqual([
      {
        source: "b1",
        positions: [0, 1],
        how: "zip",
        path: "poster-20260301-101500.zip",
        overwrite: false,
        marks: true,
      },
    ]);
    expect(find(root, '[role="status"]').textContent).toBe("Written: poster-20260301-101500.zip, 1.4 MB.");
    await expectAccessible(root);
  });

  it("begins with a selection of several", async () => {
    const kernel = shareKernel();
    kernel.set("asset_selected", bytes([0, 1, 0, 1, 0, 0]));
    await open(kernel);
    await expect.element(radio("Selection 2")).toBeChecked();
    await button("Write").click();
    expect(asked(kernel, "share.start")[0]?.positions).toEqual([1, 3]);
  });

  it("is everything as null, which has the tasks that failed, too", async () => {
    const kernel = shareKernel();
    await open(kernel);
    await button("Write").click();
    expect(asked(kernel, "share.start")[0]?.positions).toBeNull();
  });
});

describe("as what", () => {
  it("gives each way a name of its own, and keeps one that was typed", async () => {
    const kernel = shareKernel();
    const { root } = await open(kernel);
    await expect.element(path()).toHaveValue("poster-20260301-101500.zip");
    await expect.element(page.getByText("Begins at /home/ada/notebooks")).toBeVisible();
    await radio(/^Folder/).click();
    await expect.element(path()).toHaveValue("poster-20260301-101500");
    await radio(/^Page/).click();
    await expect.element(path()).toHaveValue("poster-20260301-101500.html");
    await path().fill("for-bo.html");
    await radio(/^Zip/).click();
    await expect.element(path()).toHaveValue("for-bo.zip");
    await expectAccessible(root);
  });

  it("names an archive so that JupyterLab opens it as a gallery", async () => {
    const kernel = shareKernel();
    const { root } = await open(kernel);
    const gallery = page.getByRole("switch", { name: /opens as a gallery/ });
    await expect.element(gallery).not.toBeChecked();
    await gallery.click();
    await expect.element(path()).toHaveValue("poster-20260301-101500.batchgen");
    await expectAccessible(root);
    await button("Write").click();
    expect(asked(kernel, "share.start")[0]).toMatchObject({ how: "zip", path: "poster-20260301-101500.batchgen" });
    // What is typed says the same, both ways.
    await path().fill("mine.zip");
    await expect.element(gallery).not.toBeChecked();
    await gallery.click();
    await expect.element(path()).toHaveValue("mine.batchgen");
    await gallery.click();
    await expect.element(path()).toHaveValue("mine.zip");
    await radio(/^Page/).click();
    expect(gallery.query()).toBeNull();
  });

  it("makes a page with or without one's own marks", async () => {
    const kernel = shareKernel();
    const { root } = await open(kernel);
    await radio(/^Page/).click();
    await page.getByRole("switch", { name: /Show my marks/ }).click();
    await expectAccessible(root);
    await button("Write").click();
    expect(asked(kernel, "share.start")[0]).toMatchObject({ how: "page", marks: false });
  });

  it("shows code to copy", async () => {
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const kernel = shareKernel();
    const { root } = await open(kernel);
    await radio(/^Python code/).click();
    await expect.element(page.getByText("import batchgen_widgets as bg")).toBeVisible();
    expect(button("Write").query()).toBeNull();
    await button("Copy").click();
    expect(write).toHaveBeenCalledWith("import batchgen_widgets as bg\n");
    await expect.element(button("Copied")).toBeVisible();
    await expectAccessible(root);
  });

  it("has only what there is for a list of results", async () => {
    await open(shareKernel({ ways: ["zip", "folder"] }));
    expect(radio(/^Page/).query()).toBeNull();
    expect(radio(/^Python/).query()).toBeNull();
  });
});

describe("while it is written", () => {
  it("shows how far it is, can be stopped, and is there again when the dialog is", async () => {
    const kernel = shareKernel();
    kernel.progress = RUNNING;
    const { root } = await open(kernel);
    await button("Write").click();
    await expect.element(page.getByText("3 of 6 files. It goes on when you close this.")).toBeVisible();
    const bar = find(root, "progress");
    expect([bar.getAttribute("value"), bar.getAttribute("max")]).toEqual(["3", "6"]);
    await expectAccessible(root);
    await button("Stop").click();
    await expect.element(page.getByText("Stopped; nothing was written.")).toBeVisible();
    expect(asked(kernel, "share.stop")).toEqual([{ job: "j1" }]);
  });

  it("goes on when the dialog closes, and is there again when it opens", async () => {
    const kernel = shareKernel();
    kernel.progress = RUNNING;
    const model = new GalleryModel(kernel, "b1");
    const isOpen = signal(true);
    const close = () => {
      isOpen.value = false;
    };
    const root = show(() => isOpen.value && <ShareDialog model={model} link={kernel} onClose={close} />, kernel);
    await button("Write").click();
    await expect.element(page.getByText(/^3 of 6 files/)).toBeVisible();
    dialogIn(root).close();
    await expect.poll(() => root.querySelector("dialog")).toBeNull();
    kernel.progress = { ...RUNNING, done: 5 };
    isOpen.value = true;
    await expect.element(page.getByText(/^5 of 6 files/)).toBeVisible();
    kernel.progress = DONE;
    await expect.element(page.getByText("poster-20260301-101500.zip", { exact: true })).toBeVisible();
    expect(asked(kernel, "share.start").length).toBe(1);
    // Nobody asks on once it is written, or the gallery is gone.
    const before = asked(kernel, "share.progress").length;
    model.close();
    await frames(30);
    expect(asked(kernel, "share.progress").length).toBe(before);
  });

  it("says why it could not, and replaces what is there when asked", async () => {
    const kernel = shareKernel();
    kernel.progress = { ...RUNNING, state: "failed", error: "/x.zip is there already", exists: true };
    const { root } = await open(kernel);
    await button("Write").click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("/x.zip is there already");
    await expectAccessible(root);
    kernel.progress = DONE;
    await button("Replace it").click();
    await expect.element(page.getByText("poster-20260301-101500.zip", { exact: true })).toBeVisible();
    expect(asked(kernel, "share.start").map(({ overwrite }) => overwrite)).toEqual([false, true]);
  });

  it("says what was left out", async () => {
    const kernel = shareKernel();
    kernel.progress = { ...DONE, notes: ["Left out: b1-0003 is not there"] };
    await open(kernel);
    await button("Write").click();
    await expect.element(page.getByText("Left out: b1-0003 is not there")).toBeVisible();
  });

  it("is told why there is no plan", async () => {
    const kernel = shareKernel();
    kernel.on("share.plan", () => {
      throw new Error("The gallery shows another batch now.");
    });
    await openDialog(kernel, css, (model, _actions, close) => (
      <ShareDialog model={model} link={kernel} onClose={() => close()} />
    ));
    await expect.element(page.getByRole("alert")).toHaveTextContent("The gallery shows another batch now.");
  });
});

describe("what was written", () => {
  it("can be downloaded when it is small", async () => {
    const kernel = shareKernel();
    const parts = [bytes([1, 2, 3]), bytes([4, 5])];
    kernel.on("share.read", ({ offset }) => ({
      result: { size: 5, type: "application/zip", offset, next: offset === 0 ? 3 : null },
      buffers: [offset === 0 ? (parts[0] as DataView) : (parts[1] as DataView)],
    }));
    const saved: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    const made = vi.spyOn(URL, "createObjectURL");
    const { root } = await open(kernel);
    await button("Write").click();
    await button("Download").click();
    await expect.poll(() => saved).toEqual(["poster-20260301-101500.zip"]);
    const blob = made.mock.calls[0]?.[0] as Blob;
    expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([1, 2, 3, 4, 5]);
    await expectAccessible(root);
  });

  it("is written over once more, but nothing else is", async () => {
    const kernel = shareKernel();
    const overwrites = () => asked(kernel, "share.start").map(({ overwrite }) => overwrite);
    await open(kernel);
    await button("Write").click();
    await button("Write again").click();
    await expect.poll(overwrites).toEqual([false, true]);
    // Another choice while it writes is not what was written.
    kernel.progress = RUNNING;
    await button("Write again").click();
    await radio(/^Folder/).click();
    kernel.progress = DONE;
    await button("Write").click();
    await expect.poll(overwrites).toEqual([false, true, true, false]);
  });

  it("can't when it is large, or a folder", async () => {
    const kernel = shareKernel();
    kernel.progress = { ...DONE, size: 80_000_000 };
    await open(kernel);
    await button("Write").click();
    await expect.element(page.getByText("80 MB", { exact: true })).toBeVisible();
    expect(button("Download").query()).toBeNull();
  });
});

it("is written by Enter in the path, and closed by Escape", async () => {
  const kernel = shareKernel();
  const { closed } = await open(kernel);
  await path().fill("mine.zip");
  await userEvent.keyboard("{Enter}");
  await expect.poll(() => asked(kernel, "share.start")[0]?.path).toBe("mine.zip");
  await userEvent.keyboard("{Escape}");
  await expect.poll(() => closed.length).toBe(1);
});

it("has room in a narrow cell", async () => {
  const kernel = shareKernel();
  await page.viewport(360, 640);
  try {
    const { root } = await open(kernel);
    const dialog = dialogIn(root);
    expect(dialog.scrollWidth).toBeLessThanOrEqual(dialog.clientWidth);
    await expectAccessible(root);
  } finally {
    await page.viewport(1280, 800);
  }
});
