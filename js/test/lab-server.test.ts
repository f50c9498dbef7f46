/** The answers of the server extension: frames, and failures in words for people. */

import type { ServerConnection } from "@jupyterlab/services";
import { describe, expect, test } from "vitest";
import { decode, Server, ServerError } from "../src/lab/watch/server";
import { frame } from "./fakeJupyter";

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

/** A server that answers with one response. */
function serverOf(respond: () => Response | Promise<Response>): Server {
  const settings = {
    baseUrl: `${location.origin}/`,
    init: {},
    token: "",
    Request,
    Headers,
    fetch: async () => respond(),
  };
  return new Server(settings as unknown as ServerConnection.ISettings);
}

describe("a framed answer", () => {
  test("gives the result and each buffer", () => {
    const { result, buffers } = decode(
      frame({ header: { ok: true, result: { title: "Ü" } }, buffers: [bytes(1, 2), bytes(), bytes(3)] }),
    );
    expect(result).toEqual({ title: "Ü" });
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual([2, 0, 1]);
    expect(buffers[2]?.getUint8(0)).toBe(3);
  });

  test.each([
    ["nothing", bytes()],
    ["a length beyond its end", bytes(200, 0, 0, 0, 1)],
    ["no JSON", bytes(1, 0, 0, 0, 65)],
  ])("that has %s is damaged", (_, broken) => {
    expect(() => decode(broken)).toThrow("came in pieces");
  });

  test("that was cut is damaged", () => {
    const whole = frame({ header: { ok: true, result: {} }, buffers: [bytes(1, 2, 3)] });
    expect(() => decode(whole.slice(0, -1))).toThrow("came in pieces");
  });
});

describe("a failure", () => {
  test.each([
    [403, {}, "LoggedOut", "log in again"],
    [404, {}, "Absent", "without the server extension"],
    [500, { message: "No space left." }, "Failed", "No space left."],
    [500, {}, "Failed", "(500)"],
    [503, {}, "Unreachable", "does not answer"],
  ])("of status %i is said in words", async (status, body, type, words) => {
    const asked = serverOf(() => Response.json(body, { status })).kernels();
    await expect(asked).rejects.toBeInstanceOf(ServerError);
    await expect(asked).rejects.toMatchObject({ type, message: expect.stringContaining(words) });
  });

  test("of the network is said in words", async () => {
    const asked = serverOf(() => Promise.reject(new TypeError("Failed to fetch"))).kernels();
    await expect(asked).rejects.toMatchObject({ type: "Unreachable", message: "The Jupyter server does not answer." });
  });

  test("is a login page that was answered instead", async () => {
    const page = () => new Response("<html></html>", { headers: { "Content-Type": "text/html; charset=UTF-8" } });
    await expect(serverOf(page).kernels()).rejects.toMatchObject({ type: "LoggedOut" });
  });

  test("of a path keeps the server's words", async () => {
    const asked = serverOf(() => Response.json({ message: "There is no project here." }, { status: 404 })).request(
      "x",
      "gallery.open",
      { batch: null, revision: "" },
    );
    await expect(asked).rejects.toMatchObject({ type: "Absent", message: "There is no project here." });
  });
});
