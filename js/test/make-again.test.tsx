import { describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import type { FakeKernel } from "../dev/fakeKernel";
import { viewer } from "../src/parts";
import { RequestError } from "../src/state/link";
import type { ReproductionState } from "../src/state/wire.gen";
import { DetailDialog } from "../src/views/detail/DetailDialog";
import { expectAccessible, galleryKernel } from "./mountBatch";
import { dialogIn, openDialog } from "./mountDialog";

const button = (name: string) => page.getByRole("button", { name, exact: true });

const RUNNING: ReproductionState = { done: false, progress: 0.5, message: "step 5/10", problem: null, result: null };
const DONE: ReproductionState = {
  done: true,
  progress: 1,
  message: null,
  problem: null,
  result: {
    verdict: "close",
    summary: "close: OKLab difference of the worst tile 0.0024, where up to 0.02 is close",
    distance: 0.0024,
    measure: "OKLab difference of the worst tile",
    limit: 0.02,
    changes: ["numpy is 2.3, and was <b>2.1</b>."],
  },
};

/** A kernel that answers each look with what the test says next, and holds the last one. */
function kernelOf(...states: (ReproductionState | Promise<ReproductionState>)[]): FakeKernel {
  const kernel = galleryKernel(3);
  const gallery = kernel.trait("gallery").peek();
  kernel.set("gallery", { ...gallery, offers: [...gallery.offers, "reproduce"] });
  kernel.on("asset.reproduce", () => ({ run: "7", seconds: 12.3 }));
  kernel.on("asset.reproduce_stop", () => ({}));
  kernel.on("asset.reproduced", async () => {
    const state = await (states.length > 1 ? states.shift() : states[0]);
    if (!state) throw new RequestError("StateError", "that was given up");
    return { result: state, buffers: state.result ? [new DataView(new ArrayBuffer(4))] : [] };
  });
  return kernel;
}

const open = (kernel: FakeKernel) =>
  openDialog(kernel, viewer.ready?.css, (model, actions, onClose) => (
    <DetailDialog model={model} positions={[0, 1, 2]} start={1} actions={actions} onClose={onClose} />
  ));

const asked = (kernel: FakeKernel, method: string) => kernel.requests.filter((one) => one.method === method);
const never = new Promise<ReproductionState>(() => {});

describe("making an asset again", () => {
  it("is offered where the kernel can", async () => {
    await open(galleryKernel(3));
    await expect.element(page.getByRole("heading", { level: 3 })).toBeVisible();
    expect(button("Make again").query()).toBe(null);
  });

  it("says how long it may take, how far it is, and what came of it", async () => {
    let finish: (state: ReproductionState) => void = () => {};
    const last = new Promise<ReproductionState>((resolve) => {
      finish = resolve;
    });
    const kernel = kernelOf(RUNNING, last);
    const { root } = await open(kernel);
    await userEvent.click(button("Make again"));
    expect(asked(kernel, "asset.reproduce").map(({ params }) => params)).toEqual([{ source: "b1", position: 1 }]);
    await expect.element(page.getByText("Making it again, about 12 s")).toBeVisible();
    await expect.element(page.getByRole("progressbar", { name: "Making it again" })).toHaveAttribute("value", "0.5");
    await expect.element(page.getByText("step 5/10")).toBeVisible();
    finish(DONE);
    await expect.element(page.getByText("Nearly the same")).toBeVisible();
    await expect.element(page.getByText("where up to 0.02 is close")).toBeVisible();
    await expect.element(page.getByText("numpy is 2.3, and was <b>2.1</b>.")).toBeVisible();
    await expect.element(page.getByRole("img", { name: "What was made now" })).toBeInTheDocument();
    expect(asked(kernel, "asset.reproduced").every(({ params }) => (params as { run: string }).run === "7")).toBe(true);
    await expectAccessible(dialogIn(root));
    await expect.element(button("Make again")).toBeVisible();
  });

  it("says why it can't be", async () => {
    await open(kernelOf({ ...RUNNING, done: true, problem: "'poster' is not defined in this process" }));
    await userEvent.click(button("Make again"));
    await expect.element(page.getByText("'poster' is not defined in this process")).toBeVisible();
    await expect.element(button("Make again")).toBeVisible();
  });

  it("hears when the kernel gave it up", async () => {
    const kernel = kernelOf(RUNNING);
    kernel.on("asset.reproduced", () => {
      throw new RequestError("StateError", "that was given up; press Make again once more");
    });
    await open(kernel);
    await userEvent.click(button("Make again"));
    await expect.element(page.getByText("that was given up")).toBeVisible();
  });

  it("can be stopped", async () => {
    const kernel = kernelOf(RUNNING, never);
    await open(kernel);
    await userEvent.click(button("Make again"));
    await userEvent.click(button("Stop"));
    await expect.element(button("Make again")).toBeVisible();
    expect(asked(kernel, "asset.reproduce_stop").map(({ params }) => params)).toEqual([{ run: "7" }]);
  });

  it.each([
    ["closing the dialog", "{Escape}"],
    ["leafing on", "{ArrowRight}"],
  ])("is stopped by %s", async (_, keys) => {
    const kernel = kernelOf(RUNNING, never);
    const { root } = await open(kernel);
    await userEvent.click(button("Make again"));
    await expect.element(button("Stop")).toBeVisible();
    dialogIn(root).focus();
    await userEvent.keyboard(keys);
    await expect.poll(() => asked(kernel, "asset.reproduce_stop").length).toBe(1);
  });

  it("lets go of its picture", async () => {
    const made = vi.spyOn(URL, "createObjectURL");
    const gone = vi.spyOn(URL, "revokeObjectURL");
    const { root } = await open(kernelOf(DONE));
    await userEvent.click(button("Make again"));
    await expect.element(page.getByText("Nearly the same")).toBeVisible();
    const shown = page.getByRole("img", { name: "What was made now" }).element().getAttribute("src");
    expect(made.mock.results.map(({ value }) => value as string)).toContain(shown);
    dialogIn(root).close();
    await expect.poll(() => gone.mock.calls.flat()).toContain(shown);
    vi.restoreAllMocks();
  });
});
