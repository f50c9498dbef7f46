/** Views in tabs: from kernels through restarts, and from the server without a kernel. */

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProjectEntry, ViewSource } from "../src/lab/model";
import { Batches } from "../src/lab/watch/batches";
import type { BatchSummary, GallerySummary } from "../src/state/wire.gen";
import { FakeJupyter, type FakeKernel, PROJECT, sessionOf } from "./fakeJupyter";

const VIEW = "batchgen_widgets.view";
const SESSION: ViewSource = {
  kind: "session",
  view: "gallery",
  kernel: "k1",
  session: "s1",
  project: "p1",
  generator: "poster",
};
const GALLERY: GallerySummary = { source: "g1", title: "Posters", total: 2, undoable: false, offers: [] };

let jupyter: FakeJupyter;
let end: AbortController;
let batches: Batches;

const bytes = (...values: number[]) => new Uint8Array(values).buffer;
const numbers = (view: DataView | null | undefined) =>
  view ? [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)] : null;

function begin(): void {
  batches = new Batches({
    services: jupyter.services,
    openKernels: jupyter.openKernels,
    refreshSeconds: signal(0.02),
    lifetime: end.signal,
  });
}

function open(source: ViewSource = SESSION) {
  const tab = new AbortController();
  return { view: batches.open(source, tab.signal), tab };
}

/** A kernel whose views are galleries; each says which order it answers. */
function startGallery(id = "k1", sessions = [sessionOf("s1")]): FakeKernel {
  const kernel = jupyter.start(id, sessions);
  kernel.view = ({ session, batch }) => ({
    data: {
      kind: "traits",
      values: { gallery: { ...GALLERY, title: `${session ?? batch} of ${kernel.process}` } },
      buffers: ["asset_kinds", "asset_marks"],
    },
    buffers: [bytes(0, 1), bytes(1, 2)],
  });
  return kernel;
}

const opened = (kernel: FakeKernel) =>
  kernel.sent.flatMap(({ content }) => (content["target_name"] === VIEW ? [content["data"]] : []));

beforeEach(() => {
  jupyter = new FakeJupyter();
  end = new AbortController();
});

afterEach(() => {
  end.abort();
  vi.restoreAllMocks();
});

describe("a view of a session", () => {
  test("has its traits, bytes among them, and asks on the subshell of all our comms", async () => {
    const kernel = startGallery();
    begin();
    const { view } = open();
    expect(view.state.value).toBe("connecting");
    expect(view.link.value).toBeNull();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    expect(link?.trait("gallery").value.title).toBe("s1 of process-1");
    expect(numbers(link?.trait("asset_marks").value)).toEqual([1, 2]);
    expect(opened(kernel)).toEqual([{ view: "gallery", session: "s1", project: null, batch: null }]);
    expect(kernel.subshells.size).toBe(1);

    // What changes comes as it is; what does not stays.
    const kinds = link?.trait("asset_kinds").value;
    kernel.say(kernel.commsOf(VIEW)[0] ?? "", {
      data: { kind: "traits", values: {}, buffers: ["asset_marks"] },
      buffers: [bytes(2, 2)],
    });
    expect(numbers(link?.trait("asset_marks").value)).toEqual([2, 2]);
    expect(link?.trait("asset_kinds").value).toBe(kinds);

    kernel.answer = (method) => ({ ok: true, result: { method } });
    expect(await link?.request("assets.undo", { source: "g1" })).toMatchObject({ result: { method: "assets.undo" } });
    expect(kernel.sent.at(-1)).toMatchObject({ type: "comm_msg", subshell: "subshell-1" });
  });

  test("goes on in another session of the same generator and project after a restart", async () => {
    const kernel = startGallery();
    const notebook = jupyter.open(kernel, "a.ipynb");
    begin();
    const { view } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const before = view.link.value;
    kernel.restart(notebook ?? undefined);
    await vi.waitFor(() => expect(view.state.value).toBe("gone"));
    expect(view.message.value).toContain("No notebook has a session of poster open");
    await expect(before?.request("assets.undo", { source: "g1" })).rejects.toThrow("restarted");

    kernel.sessions = [sessionOf("s8", { generator: "other" }), sessionOf("s9")];
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(view.link.value).not.toBe(before);
    expect(view.link.value?.trait("gallery").value.title).toBe("s9 of process-2");
  });

  test("is found again by its session after the page was loaded anew, though another is there first", async () => {
    const other = startGallery("k2", [sessionOf("s2")]);
    const kernel = startGallery("k1", [sessionOf("s1")]);
    begin();
    const { view } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(view.link.value?.trait("gallery").value.title).toBe("s1 of process-1");
    expect([opened(other), opened(kernel)].map(({ length }) => length)).toEqual([0, 1]);
  });

  test("says that it is gone when the page is loaded anew without its kernel, and comes with it", async () => {
    begin();
    const { view } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("gone"));
    startGallery("k5");
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
  });

  test("never says that it is gone while it is being found", async () => {
    startGallery();
    begin();
    const { view } = open();
    const states: string[] = [];
    view.state.subscribe((state) => {
      states.push(state);
    });
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(states).toEqual(["connecting", "live"]);
  });

  test("says what the kernel said when it closed it, and keeps what it showed", async () => {
    const kernel = startGallery();
    begin();
    const { view } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    kernel.closeComm(kernel.commsOf(VIEW)[0] ?? "", "The session was closed.");
    expect(view.state.value).toBe("gone");
    expect(view.message.value).toBe("The session was closed.");
    expect(view.link.value).toBe(link);
    // It is not asked for the same again at once.
    kernel.show([sessionOf("s1", { progress: 0.1 })]);
    expect(opened(kernel)).toHaveLength(1);
    kernel.show([sessionOf("s4")]);
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(view.link.value?.trait("gallery").value.title).toBe("s4 of process-1");
  });

  test("stays when a notebook is opened, and moves to another connection when that is closed", async () => {
    const kernel = startGallery();
    begin();
    const { view } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    jupyter.open(kernel, "a.ipynb");
    await vi.waitFor(() => expect(kernel.commsOf("batchgen_widgets.sidebar")).toHaveLength(1));
    expect(view.link.value).toBe(link);
    expect(view.state.value).toBe("live");
    kernel.connections.find(({ handleComms }) => !handleComms)?.dispose();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(view.link.value).not.toBe(link);
    await vi.waitFor(() => expect(kernel.commsOf(VIEW)).toHaveLength(1));
    expect(kernel.connections).toHaveLength(1);
  });

  test("closes its comm with its tab, and leaves the sidebar's", async () => {
    const kernel = startGallery();
    begin();
    const { view, tab } = open();
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const { listeners } = jupyter;
    tab.abort();
    await vi.waitFor(() => expect(kernel.commsOf(VIEW)).toEqual([]));
    expect(kernel.story.at(-1)).toBe("comm_close");
    expect(kernel.subshells.size).toBe(1);
    expect(kernel.connections).toHaveLength(1);
    expect(jupyter.listeners).toBeLessThan(listeners);
    await expect(view.link.value?.request("assets.undo", { source: "g1" })).rejects.toThrow("closed");
  });
});

describe("a batch of a project outside the server's root", () => {
  test("is read by a kernel that has the project open", async () => {
    const kernel = startGallery("k4");
    begin();
    const { view } = open({ kind: "kernelBatch", kernel: "k1", project: "p1", batch: "b7" });
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(opened(kernel)).toEqual([{ view: "gallery", session: null, project: "p1", batch: "b7" }]);
  });

  test("is listed by it, over a comm that is opened with the first question", async () => {
    const kernel = startGallery();
    kernel.answer = () => ({ ok: true, result: { entries: [], total: 0 } });
    begin();
    await vi.waitFor(() => expect(batches.kernels.value[0]?.state).toBe("live"));
    const project: ProjectEntry = { ...PROJECT, path: null, batches: null, problem: null };
    const link = batches.historyOf(project, end.signal);
    expect(opened(kernel)).toEqual([]);
    const query = { text: "", generator: null, status: null, favorites: false, start: 0, stop: 10 };
    expect((await link.request("history.get", query)).result).toEqual({ entries: [], total: 0 });
    await link.request("history.get", query);
    expect(opened(kernel)).toEqual([{ view: "history", session: null, project: "p1", batch: null }]);
    const elsewhere = batches.historyOf({ ...project, key: "p2" }, end.signal);
    await expect(elsewhere.request("history.get", query)).rejects.toThrow("No notebook has this project open");
  });
});

describe("a batch that the server reads", () => {
  const SOURCE: ViewSource = { kind: "batch", path: "work/posters", batch: "b1" };
  let revision: string;

  beforeEach(() => {
    revision = "r1";
    jupyter.endpoints.request = ({ method, params }) => {
      if (method !== "gallery.open") return { header: { ok: true, result: { method, params } }, buffers: [bytes(7)] };
      const known = (params as { revision: string }).revision === revision;
      const result = { revision, gallery: known ? null : { ...GALLERY, title: revision, read_only: true } };
      return { header: { ok: true, result }, buffers: known ? [] : [bytes(0, 0), bytes(1, 0)] };
    };
  });

  const openings = () => jupyter.asked.filter(({ body }) => body?.["method"] === "gallery.open");

  test("has the traits of a gallery, and is read anew only while somebody looks", async () => {
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    expect(openings()[0]?.body).toEqual({
      path: "work/posters",
      method: "gallery.open",
      params: { batch: "b1", revision: "" },
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(openings()).toHaveLength(1);

    const stop = link?.trait("gallery").subscribe(() => {});
    await vi.waitFor(() => expect(openings().length).toBeGreaterThan(2));
    expect(openings()[2]?.body).toMatchObject({ params: { revision: "r1" } });
    expect(numbers(link?.trait("asset_marks").value)).toEqual([1, 0]);
    revision = "r2";
    await vi.waitFor(() => expect(link?.trait("gallery").value.title).toBe("r2"));
    stop?.();
    const before = openings().length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(openings().length).toBeLessThanOrEqual(before + 1);
  });

  test("rests while it is not on screen, and is read at once when it is again", async () => {
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    link?.trait("gallery").subscribe(() => {});
    await vi.waitFor(() => expect(openings().length).toBeGreaterThan(2));
    view.setOnScreen?.(false);
    const before = openings().length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(openings().length).toBeLessThanOrEqual(before + 1);
    revision = "r2";
    view.setOnScreen?.(true);
    await vi.waitFor(() => expect(link?.trait("gallery").value.title).toBe("r2"));
  });

  test("keeps selection and query in the page, answers bytes, and refuses to change anything", async () => {
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    await link?.request("assets.select", { source: "g1", positions: [1], how: "set" });
    expect(numbers(link?.trait("asset_selected").value)).toEqual([0, 1]);
    const query = { text: "cat", mark: null, where: {}, sort: null, descending: false };
    await link?.request("query.set", { source: "g1", query });
    expect(link?.trait("query").value).toEqual(query);
    const media = await link?.request("assets.media", { position: 1, offset: 0 } as never);
    expect(numbers(media?.buffers[0])).toEqual([7]);
    const asked = jupyter.asked.length;
    await expect(link?.request("assets.undo", { source: "g1" })).rejects.toThrow("only be looked at");
    expect(jupyter.asked).toHaveLength(asked);
  });

  test("that is missing says so, and comes when it is there", async () => {
    const there = jupyter.endpoints.request;
    jupyter.endpoints.request = () => 404;
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("gone"));
    expect(view.message.value).toBe("The Jupyter server does not have this.");
    jupyter.endpoints.request = there;
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    expect(view.message.value).toBeNull();
  });

  test("that is damaged says what the server says of it", async () => {
    const error = { type: "ProjectError", message: "The database is damaged." };
    jupyter.endpoints.request = () => ({ header: { ok: false, error } });
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.message.value).toBe("The database is damaged."));
  });

  test("asks nothing more once its tab is closed", async () => {
    jupyter.endpoints.request = () => 404;
    begin();
    const { view, tab } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("gone"));
    tab.abort();
    const before = jupyter.questions;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(jupyter.questions).toBe(before);
  });
});

describe("an archive that the server reads", () => {
  const SOURCE: ViewSource = { kind: "archive", path: "work/posters.batchgen" };
  const ALL = { batch: null, revision: "" };
  /** Questions for galleries that are held back, by the batch that they ask for. */
  let held: Map<string | null, () => void>;
  let broken: string;

  beforeEach(() => {
    held = new Map();
    broken = "";
    jupyter.endpoints.request = ({ params }) => {
      const { batch } = params as typeof ALL;
      if (batch === broken)
        return { header: { ok: false, error: { type: "ProjectError", message: "It is damaged." } } };
      const result = { revision: "r1", gallery: { ...GALLERY, source: batch ?? "all", read_only: true } };
      return { header: { ok: true, result }, buffers: [bytes(0, 0), bytes(0, 0)] };
    };
  });

  /** Hold back the next question. It is asked at once, and answered when it is let go. */
  function hold(batch: string | null): void {
    jupyter.delay = () => {
      jupyter.delay = () => Promise.resolve();
      return new Promise((resolve) => held.set(batch, resolve));
    };
  }

  async function openArchive() {
    begin();
    const { view } = open(SOURCE);
    await vi.waitFor(() => expect(view.state.value).toBe("live"));
    const link = view.link.value;
    if (!link) throw new Error("no link");
    return { view, link, shown: () => link.trait("gallery").value.source };
  }

  test("shows one of its batches without the selection of the one before, and all of them again", async () => {
    const { link, shown } = await openArchive();
    await link.request("assets.select", { source: "all", positions: [1], how: "set" });
    hold("b1");
    const asked = link.request("history.show", { batch: "b1" });
    await vi.waitFor(() => expect(held.has("b1")).toBe(true));
    // Until it is here, the one before stays as it is.
    expect(shown()).toBe("all");
    expect(numbers(link.trait("asset_selected").value)).toEqual([0, 1]);
    held.get("b1")?.();
    await asked;
    expect(shown()).toBe("b1");
    expect(numbers(link.trait("asset_selected").value)).toEqual([0, 0]);
    await link.request("history.show", { batch: null });
    expect(shown()).toBe("all");
  });

  test("drops what comes late of the batch before, and of one that nobody waits for any more", async () => {
    const { link, shown } = await openArchive();
    hold(null);
    const stop = link.trait("gallery").subscribe(() => {});
    await vi.waitFor(() => expect(held.has(null)).toBe(true));
    hold("b1");
    const first = link.request("history.show", { batch: "b1" });
    await vi.waitFor(() => expect(held.has("b1")).toBe(true));
    await link.request("history.show", { batch: "b2" });
    const sources: string[] = [];
    const stopNoting = link.trait("gallery").subscribe(({ source }) => {
      sources.push(source);
    });
    for (const letGo of held.values()) letGo();
    await first;
    const questions = jupyter.asked.length;
    // The next look is at the batch on show.
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(questions));
    expect(jupyter.asked.at(-1)?.body).toMatchObject({ params: { batch: "b2", revision: "r1" } });
    expect(new Set(sources)).toEqual(new Set(["b2"]));
    expect(shown()).toBe("b2");
    stop();
    stopNoting();
  });

  test("stays on show when one of its batches can't be read", async () => {
    const { view, link, shown } = await openArchive();
    await link.request("assets.select", { source: "all", positions: [1], how: "set" });
    broken = "b1";
    await expect(link.request("history.show", { batch: "b1" })).rejects.toThrow("It is damaged.");
    expect(view.state.value).toBe("live");
    expect(shown()).toBe("all");
    expect(numbers(link.trait("asset_selected").value)).toEqual([0, 1]);
  });
});

describe("projects", () => {
  const found = (key: string) => ({ key, name: key, path: `work/${key}`, batches: 3, changed_at: 5 });

  test("are those of the server and those that kernels have open, each once", async () => {
    const project = { key: "p9", name: "away", folder: "/elsewhere/away" };
    startGallery("k1", [sessionOf("s1"), sessionOf("s2", { project })]);
    jupyter.endpoints.projects = () => ({ projects: [found("p1"), found("p2")], complete: false });
    begin();
    expect(jupyter.asked.filter(({ what }) => what === "projects")).toEqual([]);
    batches.projects.subscribe(() => {});
    expect(batches.projects.value.state).toBe("loading");
    await vi.waitFor(() => expect(batches.projects.value.entries).toHaveLength(3));
    await vi.waitFor(() => expect(batches.projects.value.state).toBe("here"));
    expect(batches.projects.value).toEqual({
      state: "here",
      problem: null,
      complete: false,
      entries: [
        { ...project, path: null, batches: null, problem: null },
        { key: "p1", name: "p1", folder: "~/posters", path: "work/p1", batches: 3, problem: null },
        { key: "p2", name: "p2", folder: "work/p2", path: "work/p2", batches: 3, problem: null },
      ],
    });
  });

  test("of kernels stay when the server can't list any", async () => {
    startGallery();
    jupyter.endpoints.projects = () => 404;
    begin();
    batches.projects.subscribe(() => {});
    await vi.waitFor(() => expect(batches.projects.value.state).toBe("absent"));
    expect(batches.projects.value.problem).toContain("without the server extension");
    jupyter.endpoints.projects = () => 500;
    batches.refresh();
    await vi.waitFor(() => expect(batches.projects.value.state).toBe("failed"));
    expect(batches.projects.value.problem).toContain("(500)");
    await vi.waitFor(() => expect(batches.projects.value.entries.map(({ key }) => key)).toEqual(["p1"]));
  });

  test("are looked for again when a batch has ended, and by request", async () => {
    const batch = { id: "b1", status: "running" } as BatchSummary;
    const kernel = startGallery("k1", [sessionOf("s1", { batch })]);
    begin();
    batches.projects.subscribe(() => {});
    await vi.waitFor(() => expect(batches.kernels.value[0]?.sessions).toHaveLength(1));
    await vi.waitFor(() => expect(batches.projects.value.state).toBe("here"));
    const questions = () => jupyter.asked.filter(({ what }) => what === "projects").length;
    const settled = questions();
    kernel.show([sessionOf("s1", { batch, progress: 0.9 })]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(questions()).toBe(settled);
    kernel.show([sessionOf("s1", { batch: { ...batch, status: "completed" } })]);
    await vi.waitFor(() => expect(questions()).toBe(settled + 1));
    batches.refresh();
    await vi.waitFor(() => expect(questions()).toBe(settled + 2));
  });
});
