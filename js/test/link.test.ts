import type { AnyModel } from "@anywidget/types";
import { describe, expect, it } from "vitest";
import { linkModel, RequestError } from "../src/state/link";

/** A widget model of two dozen lines: traits with change events, and a wire whose far end the test holds. */
function fakeModel(traits: Record<string, unknown>) {
  const listeners = new Map<string, Set<(...values: unknown[]) => void>>();
  const sent: { id: string; method: string; params: unknown }[] = [];
  const emit = (event: string, ...values: unknown[]) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...values);
  };
  const model = {
    get: (key: string) => traits[key],
    on: (event: string, listener: (...values: unknown[]) => void) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off: (event: string, listener: (...values: unknown[]) => void) => listeners.get(event)?.delete(listener),
    send: (message: (typeof sent)[number]) => sent.push(message),
  };
  const push = (key: string, value: unknown) => {
    traits[key] = value;
    emit(`change:${key}`);
  };
  const listening = () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0);
  return { model: model as unknown as AnyModel, sent, emit, push, listening };
}

describe("linkModel", () => {
  it("gives one signal per trait, which follows the kernel", () => {
    const { model, push } = fakeModel({ batch: null });
    const link = linkModel(model, new AbortController().signal);
    expect(link.trait("batch")).toBe(link.trait("batch"));
    push("batch", { id: "b1" });
    expect(link.trait("batch").value).toEqual({ id: "b1" });
  });

  it("matches replies to requests, whatever their order", async () => {
    const { model, sent, emit } = fakeModel({});
    const link = linkModel(model, new AbortController().signal);
    const first = link.request("clock", {});
    const second = link.request("queue.pause", {});
    emit("msg:custom", { kind: "reply", id: sent[1]?.id, ok: true, result: {} }, []);
    emit("msg:custom", { kind: "reply", id: sent[0]?.id, ok: true, result: { now: 5 } }, []);
    await second;
    expect((await first).result.now).toBe(5);
  });

  it("rejects with what the kernel said, fields included", async () => {
    const { model, sent, emit } = fakeModel({});
    const link = linkModel(model, new AbortController().signal);
    const asked = link.request("settings.update", { base: { steps: 0 } });
    const errors = [{ field: "base.steps", message: "at least 1" }];
    emit("msg:custom", {
      kind: "reply",
      id: sent[0]?.id,
      ok: false,
      error: { type: "ParameterError", message: "no", errors },
    });
    await expect(asked).rejects.toMatchObject({ type: "ParameterError", message: "no", errors });
  });

  it("stops listening and rejects what waits when its lifetime ends", async () => {
    const { model, listening } = fakeModel({ batch: null });
    const life = new AbortController();
    const link = linkModel(model, life.signal);
    link.trait("batch");
    const asked = link.request("clock", {});
    life.abort();
    await expect(asked).rejects.toBeInstanceOf(RequestError);
    await expect(link.request("clock", {})).rejects.toBeInstanceOf(RequestError);
    expect(listening()).toBe(0);
  });
});
