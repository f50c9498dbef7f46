/** Which kernels are spoken to and how: frames, subshells, connections, restarts, and what is left behind. */

import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Batches } from "../src/lab/watch/batches";
import { FakeJupyter, type FakeKernel, PROJECT, sessionOf } from "./fakeJupyter";

const SIDEBAR = "batchgen_widgets.sidebar";

let jupyter: FakeJupyter;
let end: AbortController;
let batches: Batches;

function begin(refreshSeconds = 0.02): void {
  batches = new Batches({
    services: jupyter.services,
    openKernels: jupyter.openKernels,
    refreshSeconds: signal(refreshSeconds),
    lifetime: end.signal,
  });
}

const entries = () => batches.kernels.value;
const states = () => entries().map(({ id, state }) => `${id} ${state}`);
const live = (kernel: FakeKernel) => vi.waitFor(() => expect(states()).toContain(`${kernel.id} live`));

beforeEach(() => {
  jupyter = new FakeJupyter();
  end = new AbortController();
});

afterEach(() => end.abort());

describe("a kernel with a session", () => {
  test("is called over a connection of our own, on a subshell of its own", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    expect(entries()[0]?.sessions.map(({ id }) => id)).toEqual(["s1"]);
    const [create, open] = kernel.sent;
    expect(create).toMatchObject({ channel: "control", type: "create_subshell_request" });
    expect(open).toMatchObject({ channel: "shell", type: "comm_open", subshell: "subshell-1" });
    expect(open?.content).toMatchObject({ target_name: SIDEBAR, data: {} });
    expect(open?.over.handleComms).toBe(false);
    expect(kernel.connections).toHaveLength(1);
  });

  test("is called over the connection of its notebook where there is one", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    const notebook = jupyter.open(kernel, "work/a.ipynb");
    begin();
    await live(kernel);
    expect(kernel.connections).toEqual([notebook]);
    expect(kernel.sent.at(-1)?.over).toBe(notebook);
  });

  test("that has no subshells is called on its main shell", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.supportsSubshells = false;
    begin();
    await live(kernel);
    expect(kernel.sent.map(({ type, subshell }) => [type, subshell])).toEqual([["comm_open", null]]);
  });

  test("that runs a cell says over its control channel that it has subshells", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.busy = true;
    begin();
    await live(kernel);
    expect(kernel.sent.map(({ channel, type }) => `${channel} ${type}`)).toEqual([
      "control kernel_info_request",
      "control create_subshell_request",
      "shell comm_open",
    ]);
  });

  test("that runs a cell keeps its subshell as its notebook opens while that is made", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.busy = true;
    begin();
    await vi.waitFor(() => expect(kernel.connections).toHaveLength(1));
    const notebook = jupyter.open(kernel, "work/a.ipynb");
    await live(kernel);
    expect(kernel.sent.filter(({ type }) => type === "comm_open")).toMatchObject([
      { over: notebook, subshell: "subshell-1" },
    ]);
    expect([...kernel.subshells]).toEqual(["subshell-1"]);
    await vi.waitFor(() => expect(kernel.connections).toEqual([notebook]));
  });

  test("that runs a cell gets its subshell also where the connection went while that was asked for", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.busy = true;
    jupyter.open(kernel, "work/a.ipynb");
    begin();
    await vi.waitFor(() => expect(entries()).toHaveLength(1));
    jupyter.close(kernel);
    await live(kernel);
    expect(kernel.sent.at(-1)).toMatchObject({ type: "comm_open", subshell: "subshell-1" });
  });

  test("is followed as its sessions change, and no entry without any", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    kernel.show([sessionOf("s1", { progress: 0.5 }), sessionOf("s2")]);
    expect(entries()[0]?.sessions.map(({ id, progress }) => [id, progress])).toEqual([
      ["s1", 0.5],
      ["s2", 0],
    ]);
    kernel.show([]);
    expect(entries()).toEqual([]);
  });

  test("is asked to do something, and what it refuses is said in its words", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    await batches.command("k1", "session.pause", { session: "s1" });
    expect(kernel.sent.at(-1)).toMatchObject({ channel: "shell", type: "comm_msg", subshell: "subshell-1" });
    expect(kernel.sent.at(-1)?.content).toMatchObject({
      data: { kind: "request", method: "session.pause", params: { session: "s1" } },
    });
    kernel.answer = () => ({ ok: false, error: { type: "StatusError", message: "Nothing runs." } });
    await expect(batches.command("k1", "session.pause", { session: "s1" })).rejects.toThrow("Nothing runs.");
    await expect(batches.command("k2", "session.pause", { session: "s1" })).rejects.toThrow("has stopped");
  });

  test("that closes the comm is asked again, and shown when it answers", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    kernel.closeComm(kernel.commsOf(SIDEBAR)[0] ?? "", "Not now.");
    expect(entries()).toEqual([]);
    await live(kernel);
    expect(kernel.story.filter((what) => what.startsWith("comm_open"))).toHaveLength(2);
    await vi.waitFor(() => expect(kernel.subshells.size).toBe(1));
  });
});

describe("a kernel without sessions", () => {
  test("is sent nothing at all", async () => {
    const kernel = jupyter.start("k1");
    const notebook = jupyter.open(kernel, "a.ipynb");
    begin();
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(2));
    notebook?.setStatus("busy");
    notebook?.setStatus("idle");
    kernel.publish("comm_open", { comm_id: "x", target_name: "jupyter.widget", data: { state: {} } });
    batches.refresh();
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(4));
    expect(kernel.sent).toEqual([]);
    expect(kernel.connections).toEqual([notebook]);
  });

  test("gets its channel as soon as a cell has opened a session", async () => {
    const kernel = jupyter.start("k1");
    const notebook = jupyter.open(kernel, "a.ipynb");
    begin(1000);
    await vi.waitFor(() => expect(jupyter.asked).toHaveLength(1));
    notebook?.setStatus("busy");
    kernel.sessions = [sessionOf("s1")];
    notebook?.setStatus("idle");
    await live(kernel);
  });

  test("gets it at once when one of our widgets is shown, without the server", async () => {
    jupyter.endpoints.kernels = () => 404;
    const kernel = jupyter.start("k1");
    jupyter.open(kernel, "a.ipynb");
    begin();
    await vi.waitFor(() => expect(jupyter.asked).toHaveLength(1));
    kernel.sessions = [sessionOf("s1")];
    const state = { _anywidget_id: "batchgen_widgets.widgets.studio.Studio" };
    kernel.publish("comm_open", { comm_id: "x", target_name: "jupyter.widget", data: { state } });
    await live(kernel);
    // A server that does not know the question is not asked it every few seconds.
    expect(jupyter.asked).toHaveLength(1);
  });
});

describe("connections", () => {
  test("change over to a notebook that is opened, and back when it is closed", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const [own] = kernel.connections;
    const notebook = jupyter.open(kernel, "a.ipynb");
    expect(states()).toEqual(["k1 live"]);
    await vi.waitFor(() => expect(own?.isDisposed).toBe(true));
    expect(kernel.commsOf(SIDEBAR)).toHaveLength(1);
    kernel.show([sessionOf("s2")]);
    expect(entries()[0]?.sessions[0]?.id).toBe("s2");

    jupyter.close(kernel);
    expect(notebook?.isDisposed).toBe(true);
    expect(states()).toEqual(["k1 connecting"]);
    expect(entries()[0]?.sessions[0]?.id).toBe("s2");
    await live(kernel);
    // The comm that the notebook's connection leaves behind is closed over ours.
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toHaveLength(1));
    expect(kernel.subshells.size).toBe(1);
    expect(kernel.connections.map(({ handleComms }) => handleComms)).toEqual([false]);
  });

  test("that are lost are waited for, and then everything is asked anew", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const [own] = kernel.connections;
    own?.setConnected(false);
    expect(states()).toEqual(["k1 lost"]);
    const late = batches.command("k1", "session.pause", { session: "s1" });
    kernel.sessions = [sessionOf("s1", { progress: 1 })];
    own?.setConnected(true);
    await expect(late).rejects.toThrow("interrupted");
    await live(kernel);
    expect(entries()[0]?.sessions[0]?.progress).toBe(1);
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toHaveLength(1));
  });

  test("that are not there yet are sent nothing, which would wait there for the main shell", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    jupyter.connectsAtOnce = false;
    begin();
    await vi.waitFor(() => expect(kernel.connections).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kernel.sent).toEqual([]);
    kernel.connections[0]?.setConnected(true);
    await live(kernel);

    // So it is with the next connection, though the subshell is there already.
    jupyter.connectsAtOnce = true;
    jupyter.open(kernel, "a.ipynb");
    await vi.waitFor(() => expect(kernel.connections).toHaveLength(1));
    jupyter.connectsAtOnce = false;
    const before = kernel.sent.length;
    jupyter.close(kernel);
    await vi.waitFor(() => expect(kernel.connections).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(kernel.sent.slice(before)).toEqual([]);
    kernel.connections[0]?.setConnected(true);
    await live(kernel);
  });

  test("that are lost before the kernel has answered are no reason to wait for that answer", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.supportsSubshells = false;
    kernel.busy = true;
    begin();
    await vi.waitFor(() => expect(kernel.story).toContain(`comm_open ${SIDEBAR}`));
    const [own] = kernel.connections;
    own?.setConnected(false);
    kernel.free();
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toHaveLength(1));
    expect(states()).toEqual(["k1 connecting"]);
    own?.setConnected(true);
    await live(kernel);
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toHaveLength(1));
  });

  test("that JupyterLab no longer tries to have back are made anew", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const [own] = kernel.connections;
    own?.setConnected(false);
    own?.giveUp();
    expect(states()).toEqual(["k1 connecting"]);
    await live(kernel);
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toHaveLength(1));
    expect(own?.isDisposed).toBe(true);
    expect(kernel.connections).toHaveLength(1);
  });

  test("stay as they are where the kernel does not want another", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const known = kernel.commsOf(SIDEBAR);
    kernel.refuses = true;
    jupyter.open(kernel, "a.ipynb");
    await vi.waitFor(() => expect(kernel.story.filter((what) => what.startsWith("comm_open"))).toHaveLength(2));
    kernel.refuses = false;
    await vi.waitFor(() => expect(kernel.commsOf(SIDEBAR)).toEqual(known));
    kernel.show([sessionOf("s2")]);
    expect(states()).toEqual(["k1 live"]);
  });

  test("that come back to another process are told nothing", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const [own] = kernel.connections;
    own?.setConnected(false);
    kernel.restart();
    const before = kernel.sent.length;
    own?.setConnected(true);
    await vi.waitFor(() => expect(entries()).toEqual([]));
    await vi.waitFor(() => expect(own?.isDisposed).toBe(true));
    expect(kernel.sent.slice(before)).toEqual([]);
  });
});

describe("a restart", () => {
  test.each(["of the notebook", "by somebody else"])(
    "%s ends everything until there is a session again",
    async (who) => {
      const kernel = jupyter.start("k1", [sessionOf("s1")]);
      const notebook = who === "of the notebook" ? jupyter.open(kernel, "a.ipynb") : null;
      begin();
      await live(kernel);
      const before = kernel.sent.length;
      kernel.restart(notebook ?? undefined);
      kernel.publish("execute_input", { code: "1" });
      expect(entries()).toEqual([]);
      const questions = jupyter.asked.length;
      await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(questions + 1));
      expect(kernel.sent.slice(before)).toEqual([]);

      kernel.sessions = [sessionOf("s2")];
      await live(kernel);
      expect(kernel.sent.at(-1)).toMatchObject({ type: "comm_open", subshell: "subshell-2" });
    },
  );

  test("while it is found out whether there are subshells makes none in the process that follows", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    kernel.busy = true;
    const notebook = jupyter.open(kernel, "a.ipynb");
    begin();
    await vi.waitFor(() => expect(entries()).toHaveLength(1));
    kernel.restart(notebook ?? undefined);
    kernel.free();
    await vi.waitFor(() => expect(notebook?.supportsSubshells).toBe(true));
    const questions = jupyter.asked.length;
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(questions + 1));
    expect(kernel.sent).toEqual([]);
  });

  test("does not count what the server said while the old process was on its way down", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    const notebook = jupyter.open(kernel, "a.ipynb");
    begin();
    await live(kernel);
    const before = kernel.sent.length;
    const questions = jupyter.asked.length;
    notebook?.setStatus("restarting");
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(questions + 2));
    expect(entries()).toEqual([]);
    expect(kernel.sent.slice(before)).toEqual([]);
  });

  test("is not what the server's own words about a kernel are", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const { process } = kernel;
    kernel.process = "server";
    kernel.publish("status", { execution_state: "busy" });
    kernel.process = process;
    expect(states()).toEqual(["k1 live"]);
  });

  test("before which the kernel closes its comms is not taken for a refusal", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const before = kernel.sent.length;
    kernel.closeComm(kernel.commsOf(SIDEBAR)[0] ?? "");
    kernel.restart();
    await vi.waitFor(() => expect(kernel.connections).toEqual([]));
    const questions = jupyter.asked.length;
    await vi.waitFor(() => expect(jupyter.asked.length).toBeGreaterThan(questions + 2));
    expect(kernel.story.slice(before).filter((what) => what !== "delete_subshell_request")).toEqual([]);
  });

  test("that ends in death leaves no entry", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    jupyter.stop(kernel);
    expect(entries()).toEqual([]);
    await vi.waitFor(() => expect(jupyter.listeners).toBe(3));
  });
});

describe("titles", () => {
  test("are those of the notebooks and consoles, as they are called now", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    const titles = () => entries()[0]?.titles;
    expect(titles()).toEqual(["Python 3"]);
    jupyter.open(kernel, "work/a.ipynb");
    jupyter.open(kernel, "work/b.ipynb");
    jupyter.open(kernel, "Console 1", "console");
    expect(titles()).toEqual(["a.ipynb", "b.ipynb", "Console 1"]);
    jupyter.rename("work/a.ipynb", "work/posters.ipynb");
    expect(titles()).toEqual(["posters.ipynb", "b.ipynb", "Console 1"]);
    jupyter.close(kernel);
    expect(titles()).toEqual(["Python 3"]);
  });
});

describe("questions to the server", () => {
  const hide = (hidden: boolean) => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
    document.dispatchEvent(new Event("visibilitychange"));
  };

  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test("are not asked without kernels, nor while nobody sees the page", async () => {
    vi.useFakeTimers();
    begin();
    await vi.advanceTimersByTimeAsync(5000);
    expect(jupyter.asked).toEqual([]);
    hide(true);
    jupyter.start("k1");
    await vi.advanceTimersByTimeAsync(5000);
    expect(jupyter.asked).toEqual([]);
    hide(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(jupyter.asked.length).toBeGreaterThan(5);
  });

  test("are asked one after the other, and less often while the server fails", async () => {
    vi.useFakeTimers();
    jupyter.endpoints.kernels = () => 500;
    jupyter.delay = () => new Promise((resolve) => setTimeout(resolve, 400));
    jupyter.start("k1");
    begin(1);
    for (let i = 0; i < 10; i += 1) batches.refresh();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(jupyter.asked.filter(({ what }) => what === "kernels").length).toBeLessThan(7);
    // Kernels and projects are two questions.
    expect(jupyter.mostAtOnce).toBe(2);
  });
});

describe("the end", () => {
  test("leaves nothing: no comms, subshells, connections, listeners or questions", async () => {
    const one = jupyter.start("k1", [sessionOf("s1")]);
    const two = jupyter.start("k2", [sessionOf("s2", { project: PROJECT })]);
    const notebook = jupyter.open(two, "a.ipynb");
    begin();
    await live(one);
    await live(two);
    end.abort();
    await vi.waitFor(() => expect(one.connections).toEqual([]));
    await vi.waitFor(() => expect(two.subshells.size).toBe(0));
    expect([one.comms.size, two.comms.size, one.subshells.size]).toEqual([0, 0, 0]);
    expect(two.connections).toEqual([notebook]);
    expect(jupyter.listeners).toBe(0);
    // The comm is closed before the subshell that it was closed on is deleted.
    expect(two.story.slice(-2)).toEqual(["comm_close", "delete_subshell_request"]);
    const questions = jupyter.asked.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(jupyter.asked.length).toBe(questions);
  });

  test("of the page is said to the kernels without waiting for them", async () => {
    const kernel = jupyter.start("k1", [sessionOf("s1")]);
    begin();
    await live(kernel);
    window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: false }));
    await Promise.resolve();
    await Promise.resolve();
    expect(kernel.sent.slice(-2)).toMatchObject([
      { channel: "shell", type: "comm_close", subshell: null },
      { channel: "control", type: "delete_subshell_request" },
    ]);
  });
});
