import type { AnyModel } from "@anywidget/types";
import { useSignal } from "@preact/signals";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { type FakeKernel, fakeKernel } from "../dev/fakeKernel";
import { RequestError, type Traits } from "../src/state/link";
import { Part } from "../src/state/parts";
import { Late } from "../src/views/late";
import type galleryWidget from "../src/widgets/gallery";
import { asked, expectAccessible, find, frames, galleryKernel, show } from "./mountBatch";

declare module "vitest" {
  interface ProvidedContext {
    /** The built files by name. */
    bundles: Record<string, string>;
  }
}

afterEach(() => {
  vi.useRealTimers();
});

const button = (name: string) => page.getByRole("button", { name, exact: true });

interface Leaf {
  css: string;
  Leaf: (props: { onClose: () => void }) => preact.ComponentChildren;
}

/** A part that comes when the test says so, and a view that opens it as a dialog or in its own place. */
function setUp(modal: boolean) {
  const asks: { again: boolean; resolve: (leaf: Leaf) => void; reject: (error: Error) => void }[] = [];
  const part = new Part<Leaf>({
    load: (_, again) => new Promise((resolve, reject) => asks.push({ again, resolve, reject })),
  });
  const leaf: Leaf = {
    css: ".bgw-leaf-test { color: rgb(1, 2, 3); }",
    Leaf({ onClose }) {
      const count = useSignal(0);
      const count1 = () => {
        count.value += 1;
      };
      return (
        <dialog class="bgw-leaf-test" ref={(dialog) => void (dialog?.open || dialog?.showModal())} onClose={onClose}>
          <button type="button" onClick={count1}>
            Pressed {count}
          </button>
        </dialog>
      );
    },
  };
  const root = show(() => {
    const open = useSignal(false);
    const close = () => {
      open.value = false;
      find(root, "button").focus();
    };
    return (
      <>
        <button
          type="button"
          onClick={() => {
            open.value = true;
          }}
        >
          Open
        </button>
        {open.value && (
          <Late part={part} link={fakeKernel()} what="the leaf" {...(modal ? { onClose: close } : { id: "leaf" })}>
            {({ Leaf }) => <Leaf onClose={close} />}
          </Late>
        )}
      </>
    );
  }, fakeKernel());
  return { root, asks, leaf };
}

describe("a part on its way", () => {
  it("is asked for once, however often its button is pressed, and says nothing when it comes soon", async () => {
    const { root, asks, leaf } = setUp(true);
    find(root, "button").focus();
    await userEvent.keyboard("{Enter}{Enter}");
    expect(asks).toHaveLength(1);
    asks[0]?.resolve(leaf);
    await expect.element(button("Pressed 0")).toBeVisible();
    expect(root.querySelectorAll("dialog")).toHaveLength(1);
    await button("Pressed 0").click();
    await expect.element(button("Pressed 1")).toBeVisible();
    expect(getComputedStyle(find(root, ".bgw-leaf-test")).color).toBe("rgb(1, 2, 3)");
    await userEvent.keyboard("{Escape}");
    await expect.element(button("Open")).toHaveFocus();
    // The next time it is there at once.
    find(root, "button").click();
    await frames(1);
    expect(root.querySelector("dialog")?.open).toBe(true);
    expect(asks).toHaveLength(1);
  });

  it("waits in a dialog that has the focus, and hands it on", async () => {
    const { root, asks, leaf } = setUp(true);
    await button("Open").click();
    await expect.element(page.getByText("Loading the leaf…")).toBeVisible();
    expect(root.querySelector("dialog")?.contains(document.activeElement)).toBe(true);
    await expectAccessible(root);
    asks[0]?.resolve(leaf);
    await expect.element(button("Pressed 0")).toHaveFocus();
    expect(root.querySelectorAll("dialog")).toHaveLength(1);
  });

  it("can be left while it is waited for, and then opens nothing", async () => {
    const { root, asks, leaf } = setUp(true);
    await button("Open").click();
    await expect.element(page.getByText("Loading the leaf…")).toBeVisible();
    await userEvent.keyboard("{Escape}");
    await expect.element(button("Open")).toHaveFocus();
    asks[0]?.resolve(leaf);
    await frames(4);
    expect(root.querySelector("dialog")).toBeNull();
  });

  it("waits in its own place where it is no dialog, and the focus stays", async () => {
    const { root } = setUp(false);
    await button("Open").click();
    await expect.element(page.getByText("Loading the leaf…")).toBeVisible();
    expect(find(root, "#leaf").textContent).toBe("Loading the leaf…");
    await expect.element(button("Open")).toHaveFocus();
    await expectAccessible(root);
  });

  it.each([true, false])("says why it does not come, and tries again (dialog: %s)", async (modal) => {
    const { root, asks, leaf } = setUp(modal);
    await button("Open").click();
    asks[0]?.reject(new RequestError("BatchgenError", "restart the kernel"));
    await expect.element(page.getByRole("alert")).toHaveTextContent("Can’t open the leaf: restart the kernel");
    await expectAccessible(root);
    await button("Try again").click();
    expect(page.getByRole("alert").query()).toBeNull();
    expect(asks.map(({ again }) => again)).toEqual([false, true]);
    asks[1]?.resolve(leaf);
    await expect.element(button("Pressed 0")).toBeVisible();
  });

  it("says so when the kernel is silent, and shows what comes after all", async () => {
    vi.useFakeTimers();
    const { root, asks, leaf } = setUp(true);
    find(root, "button").click();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(root.textContent).toContain("Loading the leaf…");
    await vi.advanceTimersByTimeAsync(1_500);
    expect(root.textContent).toContain("Can’t open the leaf: The kernel does not answer yet.");
    asks[0]?.resolve(leaf);
    await vi.advanceTimersByTimeAsync(100);
    expect(root.textContent).toContain("Pressed 0");
    expect(root.querySelector('[role="alert"]')).toBeNull();
  });
});

type Widget = ReturnType<typeof galleryWidget>;

/** A built widget as anywidget runs it, on a fake kernel. */
async function drawBuilt(kernel: FakeKernel, name = "gallery.js") {
  const url = URL.createObjectURL(new Blob([inject("bundles")[name] ?? ""], { type: "text/javascript" }));
  const { default: make }: { default: () => Widget } = await import(/* @vite-ignore */ url);
  URL.revokeObjectURL(url);
  const listeners = new Map<string, Set<(...values: unknown[]) => void>>();
  const life = new AbortController();
  const reply = (message: object, buffers: DataView[] = []) => {
    for (const hear of listeners.get("msg:custom") ?? []) hear({ kind: "reply", ...message }, buffers);
  };
  const model = {
    get: (key: keyof Traits) => kernel.trait(key).peek(),
    on: (event: string, listener: (...values: unknown[]) => void) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event: string, listener: (...values: unknown[]) => void) => listeners.get(event)?.delete(listener),
    send: async ({
      id,
      method,
      params,
    }: {
      id: string;
      method: "part.get";
      params: { name: string; hash: string };
    }) => {
      try {
        const { result, buffers } = await kernel.request(method, params);
        reply({ id, ok: true, result }, buffers);
      } catch (error) {
        const { type, message } = error as RequestError;
        reply({ id, ok: false, error: { type, message } });
      }
    },
  } as unknown as AnyModel;
  const el = document.createElement("div");
  document.body.append(el);
  const widget = make();
  widget.initialize({ model, signal: life.signal });
  widget.render({ model, el, signal: life.signal });
  ends.push(() => {
    life.abort();
    el.remove();
  });
  await expect.poll(() => el.querySelector(".bgw-tile-image")).not.toBeNull();
  return el;
}

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  Reflect.deleteProperty(globalThis, Symbol.for("batchgen_widgets.parts"));
});

/** Answers as the kernel does. */
function serve(kernel: FakeKernel) {
  kernel.on("part.get", ({ name, hash }) => {
    const text = inject("bundles")[`parts/${name}.js`] ?? "";
    return { result: { hash }, buffers: [new DataView(new TextEncoder().encode(text).buffer)] };
  });
  return kernel;
}

describe("the built bundles", () => {
  it("open the details with the bundle's own hooks and signals, by keyboard, and give the focus back", async () => {
    const kernel = serve(galleryKernel(3));
    const el = await drawBuilt(kernel);
    find(el, '[data-position="1"]').focus();
    await userEvent.keyboard("  ");
    await expect.element(page.getByRole("heading", { name: "0001_lake.png" })).toBeVisible();
    expect(el.querySelectorAll("dialog")).toHaveLength(1);
    expect(find(el, "dialog").contains(document.activeElement)).toBe(true);
    await userEvent.keyboard("{ArrowRight}");
    await expect.element(page.getByRole("heading", { name: "0002_lake.png" })).toBeVisible();
    expect(getComputedStyle(find(el, ".bgw-facts")).overflow).toBe("auto");
    await userEvent.keyboard("{Escape}");
    await expect.poll(() => document.activeElement).toBe(find(el, '[data-position="2"]'));
    expect(asked(kernel, "part.get").filter(({ name }) => name === "viewer")).toHaveLength(1);
  });

  it("bring a part near once for a page, and ask for no part that they can't open", async () => {
    const kernels = [serve(galleryKernel(2)), serve(galleryKernel(2))];
    const [, second] = await Promise.all(kernels.map((kernel) => drawBuilt(kernel)));
    const all = () => kernels.flatMap((kernel) => asked(kernel, "part.get"));
    const names = () => all().map(({ name }) => name);
    await expect.poll(names, { timeout: 5000 }).toContain("viewer");
    for (const { hash } of all()) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    find(second ?? document.body, '[data-position="0"]').click();
    await expect.element(page.getByRole("heading", { name: "0000_lake.png" })).toBeVisible();
    await frames(4);
    // Each once, and none of those that a gallery can't open.
    expect(new Set(names()).size).toBe(all().length);
    expect(names()).not.toContain("textList");
  });

  it("open a menu by keyboard, with the focus on its first item", async () => {
    const kernel = serve(galleryKernel(2));
    const el = await drawBuilt(kernel);
    find(el, 'button[aria-haspopup="menu"]').focus();
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => document.activeElement?.getAttribute("role")).toBe("menuitem");
    await userEvent.keyboard("{Escape}");
    expect(document.activeElement).toBe(find(el, 'button[aria-haspopup="menu"]'));
    expect(el.querySelector('[role="menu"]')).toBeNull();
  });

  it("name the very text that they were built with", async () => {
    const kernel = serve(galleryKernel(2));
    const el = await drawBuilt(kernel);
    find(el, '[data-position="0"]').click();
    const viewer = () => asked(kernel, "part.get").find(({ name }) => name === "viewer");
    await expect.poll(viewer).toBeTruthy();
    const text = new TextEncoder().encode(inject("bundles")["parts/viewer.js"]);
    const digest = new DataView(await crypto.subtle.digest("SHA-256", text));
    expect(viewer()?.hash).toBe(digest.getBigUint64(0).toString(16).padStart(16, "0"));
  });

  it("say what the kernel says when it has another build, and try again", async () => {
    const kernel = galleryKernel(2);
    kernel.on("part.get", () => {
      throw new RequestError("BatchgenError", "this page is old; run the cell again");
    });
    const el = await drawBuilt(kernel);
    find(el, '[data-position="0"]').click();
    await expect.element(page.getByRole("alert")).toHaveTextContent("this page is old; run the cell again");
    serve(kernel);
    await button("Try again").click();
    await expect.element(page.getByRole("heading", { name: "0000_lake.png" })).toBeVisible();
  });
});
