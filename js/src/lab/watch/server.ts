/** What the page asks of the server extension. */

import { ServerConnection } from "@jupyterlab/services";
import { type Reply, RequestError } from "../../state/link";
import type { FoundProjects, ServerRequests, SessionKernels } from "../../state/wire.gen";

const ROOT = "batchgen/api/";
const NOT_INSTALLED = "This Jupyter server runs without the server extension of batchgen-widgets.";
const ANSWER_WITHIN_MS = 60_000;

/**
 * Why the server gave no answer, in words for people.
 *
 * `type` is "Absent" where there is no such thing, "Unreachable" where the server does not answer, "LoggedOut" where it wants a login, or
 * else what the server calls it.
 */
export class ServerError extends RequestError {}

type Framed = { ok: true; result: unknown; sizes: number[] } | { ok: false; error: { type: string; message: string } };

function damaged(): ServerError {
  return new ServerError("Damaged", "The answer of the Jupyter server came in pieces. Try again.");
}

/** Take an answer with bytes apart: the length of its header, the header, and the buffers one after the other. */
export function decode(bytes: ArrayBuffer): { result: unknown; buffers: DataView[] } {
  let header: Framed;
  let offset: number;
  try {
    const size = new DataView(bytes).getUint32(0, true);
    offset = 4 + size;
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, size)));
  } catch {
    throw damaged();
  }
  if (!header.ok) throw new ServerError(header.error.type, header.error.message);
  const end = header.sizes.reduce((sum, size) => sum + size, offset);
  if (end !== bytes.byteLength) throw damaged();
  const buffers = header.sizes.map((size) => {
    const buffer = new DataView(bytes, offset, size);
    offset += size;
    return buffer;
  });
  return { result: header.result, buffers };
}

async function refusal(response: Response): Promise<ServerError> {
  const said = await response.json().then(
    ({ message }: { message?: unknown }) => (typeof message === "string" && message ? message : null),
    () => null,
  );
  const { status } = response;
  if (status === 401 || status === 403) {
    return new ServerError("LoggedOut", "The Jupyter server wants you to log in again. Reload the page.");
  }
  if (status === 404) return new ServerError("Absent", said ?? "The Jupyter server does not have this.");
  // What a hub says of a server that has stopped.
  if (status === 503 || status === 424) return unreachable();
  return new ServerError("Failed", said ?? `The Jupyter server could not do this (${status}). Its log says why.`);
}

function unreachable(): ServerError {
  return new ServerError("Unreachable", "The Jupyter server does not answer.");
}

export class Server {
  readonly #settings: ServerConnection.ISettings;

  constructor(settings: ServerConnection.ISettings) {
    this.#settings = settings;
  }

  kernels(): Promise<SessionKernels> {
    return this.#get("kernels");
  }

  projects(): Promise<FoundProjects> {
    return this.#get("projects");
  }

  /** Ask about the project or the archive at `path`. */
  async request<M extends keyof ServerRequests>(
    path: string,
    method: M,
    params: ServerRequests[M]["params"],
  ): Promise<{ result: ServerRequests[M]["result"]; buffers: DataView[] }> {
    const body = JSON.stringify({ path, method, params });
    return this.#ask("request", { method: "POST", body }, async (response) => {
      return decode(await response.arrayBuffer()) as Reply<never>;
    });
  }

  async #get<T>(what: string): Promise<T> {
    try {
      return await this.#ask(what, {}, (response) => response.json());
    } catch (error) {
      throw error instanceof ServerError && error.type === "Absent" ? new ServerError("Absent", NOT_INSTALLED) : error;
    }
  }

  async #ask<T>(what: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<T> {
    const url = `${this.#settings.baseUrl}${ROOT}${what}`;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, { ...init, signal }, this.#settings);
    } catch {
      throw unreachable();
    }
    if (!response.ok) throw await refusal(response);
    // A login page is a good answer to another question.
    if (response.headers.get("Content-Type")?.startsWith("text/html")) {
      throw new ServerError("LoggedOut", "The Jupyter server wants you to log in again. Reload the page.");
    }
    try {
      return await read(response);
    } catch (error) {
      throw error instanceof ServerError ? error : damaged();
    }
  }
}
