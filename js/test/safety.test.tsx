/** Hostile texts in every view: they are text, they can be seen, and they stay in their boxes. */

import { render } from "preact";
import { useMemo } from "preact/hooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { answerChoices } from "../dev/choices";
import type { FakeKernel } from "../dev/fakeKernel";
import { answerHistory } from "../dev/history";
import { answerLineage } from "../dev/lineage";
import { answerTrash } from "../dev/trash";
import { cleanup, history, lineage, reviews, share, sweep, viewer, winners } from "../src/parts";
import { GalleryModel } from "../src/state/gallery";
import type { KernelLink } from "../src/state/link";
import { visible } from "../src/state/visible";
import type { ParameterSpec } from "../src/state/wire.gen";
import { CompareDialog } from "../src/views/compare/CompareDialog";
import { DetailDialog } from "../src/views/detail/DetailDialog";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import { ReviewDialog } from "../src/views/review/ReviewDialog";
import { SweepView } from "../src/views/sweep/SweepView";
import { WinnersDialog } from "../src/views/winners/WinnersDialog";
import { expectSafe, HUGE, hostile, isTold, TEXTS, textsIn } from "./hostile";
import { batchKernel, batchOf, find, frames, galleryKernel, recordOf, repeat, show, tinyPicture } from "./mountBatch";
import { echoing, openPanel, PLAN, POSTER, SETTINGS } from "./mountConfig";
import { dialogIn, openDialog } from "./mountDialog";
import { queueKernel } from "./mountQueue";
import { grid, sweepKernel } from "./sweepKernel";

const WIDTHS = [1000, 360];
const asking = ["alert", "confirm", "prompt", "open"] as const;

beforeEach(() => {
  for (const name of asking) vi.spyOn(window, name);
});
afterEach(async () => {
  for (const name of asking) expect(window[name]).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  await page.viewport(1000, 800);
});

describe("what can't be seen", () => {
  it.each(TEXTS)("is written out: $name", ({ text, shown }) => {
    expect(visible(text)).toBe(shown);
    expect(visible(shown)).toBe(shown);
  });

  it("is written out in texts and in attributes that are read, and nowhere else", () => {
    const text = "a\u202eb";
    const root = document.createElement("div");
    const One = () => <>{text}</>;
    render(
      <section title={text} aria-label={text} data-text={text} id={text}>
        <img alt={text} />
        {text}
        {[text, [text]]}
        <One />
        <input value={text} />
        <textarea value={text} />
        <select value={text}>
          <option value={text}>{text}</option>
        </select>
        {0}
        {null}
      </section>,
      root,
    );
    const shown = "a\\u202eb";
    expect(root.textContent).toBe(`${shown.repeat(5)}0`);
    const node = find(root, "section");
    expect(node.title).toBe(shown);
    expect(node.ariaLabel).toBe(shown);
    expect((find(root, "img") as HTMLImageElement).alt).toBe(shown);
    expect([node.id, node.dataset["text"]]).toEqual([text, text]);
    for (const field of root.querySelectorAll<HTMLInputElement>("input, textarea, select, option")) {
      expect(field.value).toBe(text);
    }
    render(<p>{"x\u2066y"}</p>, root);
    expect(root.textContent).toBe("x\\u2066y");
  });

  it("costs next to nothing where there is none of it", () => {
    const plain = TEXTS.find(({ name }) => name === "hebrew")?.text.repeat(30) ?? "";
    const words = "a lake at dawn, seed 48213 ".repeat(30);
    const begin = performance.now();
    for (let i = 0; i < 1000; i += 1) visible(i % 2 ? plain : words);
    expect((performance.now() - begin) / 1000).toBeLessThan(0.5);
  });
});

/** A kernel with a result for each text, and every tool. */
function withTools(): FakeKernel {
  const kernel = galleryKernel(TEXTS.length, [1, 2]);
  const record = (position: number) => ({
    ...recordOf(position),
    metrics: { clip_score: 0.3 },
    params: { ...recordOf(position).params, sampler: "euler", note: TEXTS[position]?.text ?? "" },
    parents: [{ id: "p", name: "parent.png", position: null }],
    reviews: [{ reviewer: "Ada", mark: "favorite" as const, note: "too dark" }],
  });
  kernel.on("assets.get", ({ positions }) => ({ records: positions.map(record) }));
  answerChoices(kernel, record);
  answerHistory(kernel, 30, 1_764_000_000);
  answerLineage(kernel, 4);
  answerTrash(kernel, 8);
  kernel.on("assets.thumbnails_by_id", async ({ ids }) => ({
    result: { items: ids.map((id) => ({ id, type: "image/png" })) },
    buffers: await Promise.all(ids.map(() => tinyPicture())),
  }));
  kernel.on("share.plan", () => ({ folder: "/home", name: "poster", ways: ["zip", "folder", "page", "code"] }));
  kernel.on("reviews.get", () => ({
    reviewers: ["Ada", "Bo"],
    rows: repeat(12, (i) => i).map((position) => ({
      position,
      name: "lake.png",
      reviews: [
        { reviewer: "Ada", mark: "favorite" as const, note: "too dark" },
        { reviewer: "Bo", mark: "discarded" as const, note: "look" },
      ],
    })),
  }));
  kernel.on("winners.get", () => ({
    favorites: 3,
    total: 12,
    parameters: repeat(3, (i) => i).map((i) => ({
      name: `p${i}`,
      label: "Sampler",
      kind: "values" as const,
      values: repeat(6, (one) => one).map((one) => ({ label: "euler", value: one, favorites: 1, total: 2 })),
    })),
    notes: ["cfg scale: 4.8 to 6 instead of 1 to 20"],
  }));
  kernel.set("gallery", {
    ...kernel.trait("gallery").peek(),
    offers: ["history", "lineage", "cleanup", "share", "reviews"],
  });
  return kernel;
}

function SweepHost({ link }: { link: KernelLink }) {
  const model = useMemo(() => new GalleryModel(link, "b1"), [link]);
  const actions = { mark: () => {}, undo: () => {}, open: () => {}, compare: () => {} };
  return (
    <div style={{ height: "600px" }}>
      <style>{sweep.ready?.css}</style>
      <SweepView model={model} link={link} actions={actions} />
    </div>
  );
}

const settled = async (root: Element) => {
  await expect.poll(() => root.querySelector("[aria-busy=true]")).toBeNull();
  await frames(6);
};

describe.each(WIDTHS)("hostile texts at %i pixels", (width) => {
  it("in the form, its plan and its problems", async () => {
    const specs = POSTER.parameters.map((spec) => ({ ...spec, description: "What it does" }));
    const config = {
      ...SETTINGS.config,
      variation_params: {
        ...SETTINGS.config.variation_params,
        vary_prompts: true,
        prompt_variations: TEXTS.map(({ text }) => text),
        vary_parameters: true,
        parameter_ranges: { note: TEXTS.map(({ text }) => text) },
      },
    };
    const kernel = hostile(
      echoing({
        generator: { ...POSTER, parameters: specs },
        settings: { ...SETTINGS, config },
        plan: { ...PLAN, columns: ["prompt"], rows: TEXTS.map(({ text }) => ({ prompt: text })) },
      }),
    );
    const { root } = openPanel({}, kernel, width);
    await settled(root);
    await page
      .getByRole("button", { name: /First tasks|Show/ })
      .first()
      .click()
      .catch(() => {});
    await frames(4);
    expectSafe(root);
  });

  it("in a plan that can't run", async () => {
    const errors = TEXTS.map(({ text }, i) => ({ field: i % 2 ? "base.prompt" : "", message: text }));
    const kernel = hostile(echoing({ plan: { ...PLAN, ok: false, rows: [], errors } }));
    const { root } = openPanel({}, kernel, width);
    await settled(root);
    expectSafe(root);
  });

  it("in progress, tasks, tracebacks and logs", async () => {
    const codes = repeat(24, (i) => (i < 4 ? 1 : 3));
    const failures = TEXTS.slice(0, 5).map(({ text }, i) => ({ error: text, count: 2, first: 4 + i }));
    const kernel = hostile(batchKernel(codes, { ...batchOf(codes), failures }));
    const root = show(ProgressDisplay, kernel, width);
    await page.getByRole("button", { name: "Details of task 5" }).click();
    await expect.element(page.getByRole("region", { name: "Details of task 5" })).toBeVisible();
    await settled(root);
    expectSafe(root);
    expect(root.querySelectorAll("pre").length).toBe(2);
  });

  it("in the queue", async () => {
    const { kernel } = queueKernel(30, 10);
    const root = show(ProgressDisplay, hostile(kernel), width);
    await page.getByRole("button", { name: /^Queue/ }).click();
    await expect.poll(() => root.querySelector(".bgw-waiting")).not.toBeNull();
    await page
      .getByRole("button", { name: /^Edit / })
      .first()
      .click();
    await expect.poll(() => root.querySelector(".bgw-queue-editor")).not.toBeNull();
    await settled(root);
    expectSafe(root);
  });

  it("in the gallery, its menu and its filters", async () => {
    await page.viewport(width, 800);
    const root = show(GalleryView, hostile(withTools()), width - 20);
    await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
    expectSafe(root);
    await page
      .getByRole("button", { name: /Filter/ })
      .first()
      .click();
    await expect
      .poll(() => root.querySelector(".bgw-facets, .bgw-filters, .bgw-filter-panel, fieldset"))
      .not.toBeNull();
    await settled(root);
    expectSafe(root);
  });

  const DIALOGS: Record<string, [string | undefined, (model: GalleryModel, link: KernelLink) => preact.JSX.Element]> =
    {};
  const none = () => {};
  const actions = { mark: none, undo: none };
  const positions = repeat(TEXTS.length, (i) => i);
  DIALOGS["the details"] = [
    viewer.ready?.css,
    (model) => <DetailDialog model={model} positions={positions} start={1} actions={actions} onClose={none} />,
  ];
  DIALOGS["the comparison"] = [
    viewer.ready?.css,
    (model) => <CompareDialog model={model} positions={[0, 1, 2, 3]} actions={actions} onClose={none} />,
  ];
  DIALOGS["the review"] = [
    viewer.ready?.css,
    (model) => <ReviewDialog model={model} positions={positions} start={1} actions={actions} onClose={none} />,
  ];
  DIALOGS["the winners"] = [
    winners.ready?.css,
    (model, link) => <WinnersDialog model={model} link={link} canUse onClose={none} />,
  ];
  for (const [name, part] of Object.entries({ history, lineage, cleanup, share, reviews })) {
    DIALOGS[name] = [
      part.ready?.css,
      (model, link) => {
        const Dialog = part.ready?.Dialog;
        return Dialog ? <Dialog model={model} link={link} onClose={none} /> : <p>not here</p>;
      },
    ];
  }

  it.each(Object.keys(DIALOGS))("in %s", async (name) => {
    await page.viewport(width, 800);
    const [css, draw] = DIALOGS[name] ?? [];
    const kernel = hostile(withTools());
    const { root } = await openDialog(kernel, css, (model) => draw?.(model, kernel));
    await settled(root);
    await expect.poll(() => isTold(dialogIn(root))).toBe(true);
    expectSafe(dialogIn(root));
  });

  it("in a recipe, in media of a form, and in what went wrong", async () => {
    const image = { ...(POSTER.parameters[0] as ParameterSpec), name: "image", label: "Image", type: "image" as const };
    const items = TEXTS.map(({ text }, i) => ({ id: `i${i}`, name: text, kind: "image" as const }));
    const inner = echoing({
      generator: { ...POSTER, parameters: [image, ...POSTER.parameters] },
      inputs: { given: { image: { count: items.length, items } }, takes: true },
    });
    const left_out = TEXTS.map(({ text }) => ({ name: text, reason: text }));
    const taken = { made_by: "batchgen" as const, generator: "poster", taken: ["prompt"], varied: ["seed"], left_out };
    inner.on("recipe.upload", () => ({ next: null, taken }));
    const { root } = openPanel({}, hostile(inner), width);
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["pixels"], `${TEXTS[7]?.text}.png`, { type: "image/png" }));
    for (const type of ["dragover", "drop"]) {
      find(root, "section").dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    }
    await expect.element(page.getByRole("list", { name: "Left out" })).toBeVisible();
    await page.getByRole("button", { name: /^Generate/ }).click();
    await settled(root);
    expectSafe(root);
  });

  it("in what was made again", async () => {
    await page.viewport(width, 800);
    const inner = withTools();
    const gallery = inner.trait("gallery").peek();
    inner.set("gallery", { ...gallery, offers: [...gallery.offers, "reproduce"] });
    inner.on("asset.reproduce", () => ({ run: "1", seconds: 1 }));
    const result = {
      ...{ verdict: "close" as const, summary: "close", distance: 0.1, measure: "distance", limit: 1 },
      changes: TEXTS.map(({ text }) => text),
    };
    inner.on("asset.reproduced", async () => ({
      result: { done: true, progress: 1, message: "done", problem: null, result },
      buffers: [await tinyPicture()],
    }));
    const { root } = await openDialog(hostile(inner), viewer.ready?.css, (model) => (
      <DetailDialog model={model} positions={positions} start={1} actions={actions} onClose={none} />
    ));
    await page.getByRole("button", { name: "Make again" }).click();
    await expect.element(page.getByRole("img", { name: "What was made now" })).toBeInTheDocument();
    await settled(root);
    expectSafe(dialogIn(root));
  });

  it("in a sweep", async () => {
    const values = TEXTS.map(({ text }) => text);
    const kernel = sweepKernel(grid({ sampler: values, steps: [10, 20] }).map((params) => ({ params })));
    const root = show(({ link }) => <SweepHost link={link} />, kernel, width);
    await expect.poll(() => root.querySelector('[role="columnheader"]')).not.toBeNull();
    await settled(root);
    expectSafe(root);
  });
});

describe("what is edited, copied and sent", () => {
  it("is the value as it is", async () => {
    const text = "abc\u202egnp.exe \u200b";
    const kernel = echoing({ settings: { ...SETTINGS, base: { ...SETTINGS.base, prompt: text } } });
    openPanel({}, kernel);
    const field = page.getByRole("textbox", { name: "Prompt", exact: true });
    await expect.element(field).toHaveValue(text);
    await field.fill(`${text}!`);
    await userEvent.tab();
    await expect.poll(() => kernel.trait("settings").value?.base["prompt"]).toBe(`${text}!`);
  });

  it("is copied as it is", async () => {
    const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const text = "abc\u202egnp.exe";
    const kernel = galleryKernel(2);
    kernel.on("assets.get", ({ positions }) => ({
      records: positions.map((at) => ({ ...recordOf(at), params: { prompt: text, seed: at } })),
    }));
    await openDialog(kernel, viewer.ready?.css, (model) => (
      <DetailDialog model={model} positions={[0, 1]} start={0} actions={{ mark() {}, undo() {} }} onClose={() => {}} />
    ));
    await page.getByRole("button", { name: "Copy prompt" }).click();
    expect(written).toHaveBeenLastCalledWith(text);
  });
});

it("code in a field is the code", async () => {
  const code = `prompt = "${TEXTS.find(({ name }) => name === "marks")?.text}"\n`;
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("no", "NotAllowedError"));
  const { kernel } = openPanel();
  kernel.on("code.get", () => ({ code }));
  await page.getByRole("button", { name: "Copy as code" }).click();
  await expect.element(page.getByRole("dialog").getByRole("textbox")).toHaveValue(code);
});

describe.each(HUGE)("$name", ({ text }) => {
  const sent = `${text.slice(0, 20_000)}…`;

  it("leaves the form usable", async () => {
    const kernel = echoing({ settings: { ...SETTINGS, base: { ...SETTINGS.base, prompt: text } } });
    const { root } = openPanel({}, kernel);
    const begin = performance.now();
    await page.getByRole("textbox", { name: "Steps" }).fill("30");
    await expect.poll(() => kernel.trait("settings").value?.base["steps"]).toBe(30);
    expect(performance.now() - begin).toBeLessThan(5000);
    const field = root.querySelector("textarea");
    expect([field?.value, field?.readOnly]).toEqual([text.slice(0, 1000), true]);
    expect(kernel.trait("settings").value?.base["prompt"]).toBe(text);
    expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
  });

  it("leaves the gallery and the details usable", async () => {
    const kernel = hostile(withTools(), sent);
    const root = show(GalleryView, kernel, 900);
    await expect.poll(() => root.querySelector(".bgw-tile-image")).not.toBeNull();
    expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
    const opened = await openDialog(kernel, viewer.ready?.css, (model) => (
      <DetailDialog model={model} positions={[0, 1]} start={0} actions={{ mark() {}, undo() {} }} onClose={() => {}} />
    ));
    const more = page.getByRole("button", { name: /^Show 20,0\d\d characters$/ }).first();
    await expect.element(more).toBeVisible();
    const dialog = dialogIn(opened.root);
    expect(Math.max(...textsIn(dialog).map(({ length }) => length))).toBeLessThan(150_000);
    await more.click();
    expect(dialog.scrollWidth).toBeLessThanOrEqual(dialog.clientWidth);
  });
});
