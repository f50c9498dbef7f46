/**
 * A view in a tab of JupyterLab: `?view=tab&kind=gallery&state=live&width=800&height=700&theme=dark`. `kind` is that of a session's view,
 * or `batch` or `archive`, which the server reads; `state` is one of `live`, `waiting`, `gone` (before it was ever shown), `past` (after)
 * and `again`; `assets` says how many results there are.
 */

import { type Signal, signal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { OpenView, ViewSource } from "../src/lab/model";
import { css, ViewTab } from "../src/lab/tabs";
import type { KernelLink } from "../src/state/link";
import { collection } from "./collection";
import type { FakeKernel } from "./fakeKernel";
import { answerHistory } from "./history";
import { answerLineage } from "./lineage";
import { simulate, slow, TICK_MS } from "./simulate";

const SESSION = { kernel: "k1", session: "s1", project: "p1", generator: "poster" } as const;

const SOURCES: Record<string, ViewSource> = {
  gallery: { kind: "session", view: "gallery", ...SESSION },
  progress: { kind: "session", view: "progress", ...SESSION },
  lineage: { kind: "session", view: "lineage", ...SESSION },
  batch: { kind: "batch", path: "studies/harbour", batch: "20250301-101500-a1b2c3" },
  archive: { kind: "archive", path: "exports/harbour-at-dawn.batchgen" },
};

export interface FakeView extends OpenView {
  readonly link: Signal<KernelLink | null>;
  readonly state: Signal<"connecting" | "live" | "gone">;
  readonly message: Signal<string | null>;
}

export function fakeView(link: KernelLink | null): FakeView {
  return { link: signal(link), state: signal(link ? "live" : "connecting"), message: signal(null) };
}

/** As the server has it: nobody marks. */
function readOnly(kernel: FakeKernel, archive: boolean): void {
  const { undoable: _, ...gallery } = kernel.trait("gallery").peek();
  kernel.set("generator", null);
  kernel.set("gallery", {
    ...gallery,
    undoable: false,
    title: archive ? "harbour-at-dawn" : "poster",
    offers: ["lineage"],
    read_only: true,
    ...(!archive && { held: { created_at: Date.now() / 1000 - 86_400 * 3, generator: "poster", newer: false } }),
  });
  kernel.on("history.show", () => ({}));
}

function kernelOf(kind: string, assets: number): FakeKernel & { tick(): void } {
  if (kind === "progress") {
    const kernel = simulate();
    void kernel.request("batch.start", {});
    return kernel;
  }
  const kernel = collection(assets);
  answerHistory(kernel, kind === "archive" ? 3 : 40);
  answerLineage(kernel, 3);
  if (kind === "batch" || kind === "archive") readOnly(kernel, kind === "archive");
  return kernel;
}

export function showTab(page: HTMLElement, query: URLSearchParams): void {
  const kind = query.get("kind") ?? "gallery";
  const state = query.get("state") ?? "live";
  const kernel = kernelOf(kind, Number(query.get("assets") ?? 200));
  const view = fakeView(state === "waiting" || state === "gone" ? null : slow(kernel, 60));
  const why = "The kernel has ended, and with it the session.";
  if (state === "gone") {
    view.state.value = "gone";
    view.message.value = why;
  }
  if (state === "past" || state === "again") {
    setTimeout(() => {
      view.state.value = state === "past" ? "gone" : "connecting";
      view.message.value = state === "past" ? why : null;
    }, 1500);
  }
  const source = SOURCES[kind];
  if (!source) return;
  setInterval(() => kernel.tick(), TICK_MS);
  // For scripts that drive the page.
  Object.assign(window, { kernel, view });
  const Page = () => {
    useEffect(() => {
      document.body.className = query.get("theme") ?? "light";
    }, []);
    return (
      <div
        class={`bgw-root ${query.get("theme") === "dark" ? "bgw-dark" : ""}`}
        style={{ width: `${query.get("width") ?? 800}px`, height: `${query.get("height") ?? 700}px` }}
      >
        <style>{css}</style>
        <ViewTab view={view} source={source} onOpenBatch={(batch) => console.info("open", batch)} />
      </div>
    );
  };
  render(<Page />, page);
}
