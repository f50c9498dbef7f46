/** What the tests of the config panel share: a panel on a fake kernel that keeps its settings. */

import axe from "axe-core";
import { type FunctionComponent, render } from "preact";
import { afterEach, expect, vi } from "vitest";
import { bytes, type FakeKernel, fakeKernel, POSTER, SETTINGS } from "../dev/fakeKernel";
import { type KernelLink, RequestError, type Traits } from "../src/state/link";
import type { GeneratorSpec, PlanPreview, Settings, SettingsUpdate, VariationSettings } from "../src/state/wire.gen";
import { ConfigPanel } from "../src/views/config/ConfigPanel";

export const PLAN: PlanPreview = {
  ok: true,
  count: 24,
  summary: "24 tasks = 8 seeds × 3 prompts",
  columns: ["seed", "prompt"],
  rows: [
    { seed: 11, prompt: "at dawn" },
    { seed: 12, prompt: "at night" },
  ],
  seconds: 133,
  bytes: 14_200_000,
  errors: [],
};

export const impossible = (...errors: PlanPreview["errors"]): PlanPreview => ({
  ...PLAN,
  ok: false,
  count: 0,
  summary: "",
  rows: [],
  errors,
});

const mounted: HTMLElement[] = [];
afterEach(() => {
  for (const root of mounted.splice(0)) {
    render(null, root);
    root.remove();
  }
});

export function show(View: FunctionComponent<{ link: KernelLink }>, link: KernelLink, width = 1000): HTMLElement {
  const root = document.createElement("div");
  root.className = "bgw-root";
  root.style.width = `${width}px`;
  document.body.append(root);
  mounted.push(root);
  render(<View link={link} />, root);
  return root;
}

export interface Panel {
  kernel: FakeKernel;
  root: HTMLElement;
  /** The settings.update requests so far. */
  updates: () => SettingsUpdate[];
  /** The last base or variation that was sent. */
  sentBase: () => Settings["base"];
  sentVariation: () => VariationSettings | undefined;
}

/** A kernel that takes every update and echoes it, as the real one does. */
export function echoing(initial: Partial<Traits> = {}): FakeKernel {
  const kernel = fakeKernel({ generator: POSTER, settings: SETTINGS, plan: PLAN, ...initial });
  kernel.on("settings.update", ({ base, config }) => {
    const old = kernel.trait("settings").value ?? SETTINGS;
    kernel.set("settings", { base: { ...old.base, ...base }, config: config ?? old.config });
    return {};
  });
  kernel.on("batch.start", () => ({ batch: "b1", count: 24 }));
  return kernel;
}

export function openPanel(initial: Partial<Traits> = {}, kernel = echoing(initial), width = 420): Panel {
  const root = show(ConfigPanel, kernel, width);
  const updates = () =>
    kernel.requests.flatMap(({ method, params }) => (method === "settings.update" ? [params as SettingsUpdate] : []));
  return {
    kernel,
    root,
    updates,
    sentBase: () => Object.assign({}, ...updates().map(({ base }) => base)),
    sentVariation: () =>
      updates()
        .map(({ config }) => config?.variation_params)
        .findLast(Boolean),
  };
}

/** The settings with some of their variation changed. */
export function varied(change: Partial<VariationSettings>, size = 8, base: Settings["base"] = {}): Settings {
  return {
    base: { ...SETTINGS.base, ...base },
    config: {
      enabled: true,
      batch_size: size,
      variation_params: { ...SETTINGS.config.variation_params, ...change },
    },
  };
}

export function withParameter(change: Partial<GeneratorSpec["parameters"][number]> & { name: string }): GeneratorSpec {
  return {
    ...POSTER,
    parameters: POSTER.parameters.map((spec) => (spec.name === change.name ? { ...spec, ...change } : spec)),
  };
}

/** The text that describes a control to a screen reader. */
export function described(element: Element): string {
  const ids = element.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)?.textContent ?? `missing ${id}`).join(" ");
}

export const methods = (kernel: FakeKernel) => kernel.requests.map(({ method }) => method);

export function refusing(
  kernel: FakeKernel,
  field: string,
  message: string,
  wrong: (update: SettingsUpdate) => boolean,
) {
  kernel.on("settings.update", (update) => {
    if (wrong(update)) throw new RequestError("ConfigError", "not allowed", [{ field, message }]);
    const old = kernel.trait("settings").value ?? SETTINGS;
    kernel.set("settings", { base: { ...old.base, ...update.base }, config: update.config ?? old.config });
    return {};
  });
}

/** Whether axe finds anything against WCAG 2.2 A and AA, in the light and in the dark theme. */
export async function expectAccessible(root: HTMLElement): Promise<void> {
  const before = document.body.style.background;
  for (const dark of [false, true]) {
    root.classList.toggle("bgw-dark", dark);
    document.body.style.background = dark ? "#16181c" : "#fff";
    const fading = () => root.getAnimations({ subtree: true }).filter((change) => change instanceof CSSTransition);
    await vi.waitFor(() => expect(fading()).toEqual([]));
    const { violations } = await axe.run(root, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      rules: { region: { enabled: false } },
    });
    const found = violations.map(
      ({ id, nodes }) => `${dark ? "dark" : "light"} ${id}: ${nodes.map(({ html }) => html)}`,
    );
    expect(found).toEqual([]);
  }
  root.classList.remove("bgw-dark");
  document.body.style.background = before;
}

export { bytes, POSTER, SETTINGS };
