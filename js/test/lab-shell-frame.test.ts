/** The frame around a view: when it draws, and when it lets go. */

import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import { h } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Frame } from "../src/lab/shell/frame";
import { mount } from "../src/lab/shell/mount";

const trans = { __: (text: string, one: string) => text.replace("%1", one) } as TranslationBundle;
const frames: Frame[] = [];

function frame(draw: ConstructorParameters<typeof Frame>[0]): Frame {
  const made = new Frame(draw, trans);
  frames.push(made);
  return made;
}

afterEach(() => {
  for (const made of frames.splice(0)) made.dispose();
});

describe("Frame", () => {
  it("draws when it is first on screen, and not again when it comes back", async () => {
    const draw = vi.fn(async (root: HTMLElement) => root.append("here"));
    const made = frame(draw);
    made.hide();
    Widget.attach(made, document.body);
    expect(draw).not.toHaveBeenCalled();
    made.show();
    await vi.waitFor(() => expect(made.node.textContent).toBe("here"));
    made.hide();
    made.show();
    expect(draw).toHaveBeenCalledOnce();
    expect(made.node.querySelector(".bgw-root")).not.toBeNull();
  });

  it("lets go when it is closed, and when it is drawn again", async () => {
    const lifetimes: AbortSignal[] = [];
    const made = frame(async (_root, lifetime) => void lifetimes.push(lifetime));
    Widget.attach(made, document.body);
    made.redraw();
    expect(lifetimes.map(({ aborted }) => aborted)).toEqual([true, false]);
    made.close();
    expect(made.isDisposed).toBe(true);
    expect(lifetimes.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it("draws nothing where it is closed before its view is here", async () => {
    let load = () => {};
    const view = new Promise<void>((resolve) => {
      load = resolve;
    });
    const made = frame(async (root, lifetime) => {
      await view;
      mount(root, h("p", {}, "late"), "", lifetime);
    });
    Widget.attach(made, document.body);
    const root = made.node.querySelector(".bgw-root");
    made.close();
    load();
    await view;
    await Promise.resolve();
    expect(root?.textContent).toBe("");
  });

  it("says why its view can't be shown, and tries again when it comes back", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    let fails = true;
    const made = frame(async (root) => {
      if (fails) throw new Error("No such file.");
      root.append("here");
    });
    Widget.attach(made, document.body);
    await vi.waitFor(() => expect(made.node.querySelector("[role=alert]")?.textContent).toContain("No such file."));
    expect(log).toHaveBeenCalledOnce();
    fails = false;
    made.hide();
    made.show();
    await vi.waitFor(() => expect(made.node.textContent).toBe("here"));
    log.mockRestore();
  });

  it("takes the focus when it is activated, unless something in it has it", () => {
    const made = frame(async (root) => root.append(document.createElement("input")));
    Widget.attach(made, document.body);
    made.processMessage(Widget.Msg.ActivateRequest);
    expect(document.activeElement).toBe(made.node);
    const input = made.node.querySelector("input");
    input?.focus();
    made.processMessage(Widget.Msg.ActivateRequest);
    expect(document.activeElement).toBe(input);
  });
});

describe("mount", () => {
  it("shows a view until its lifetime ends, with each style sheet once on the page", () => {
    const lifetime = new AbortController();
    const roots = [document.createElement("div"), document.createElement("div")];
    document.body.append(...roots);
    for (const root of roots) mount(root, h("p", {}, "view"), ".bgw-once { color: red; }", lifetime.signal);
    expect(roots.map((root) => root.textContent)).toEqual(["view", "view"]);
    const sheets = [...document.querySelectorAll("style")].filter((style) => style.textContent?.includes("bgw-once"));
    expect(sheets).toHaveLength(1);
    lifetime.abort();
    expect(roots.map((root) => root.textContent)).toEqual(["", ""]);
    for (const root of roots) root.remove();
  });
});
