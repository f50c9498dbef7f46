/**
 * The link to the kernel: traits as signals, requests as promises.
 *
 * Views know only `KernelLink`; the widget model behind it is one implementation, the fake kernel of tests and the dev page another.
 */

import type { AnyModel } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ConfigTraits, FieldProblem, GalleryTraits, ProgressTraits, Requests } from "./wire.gen";

export type Traits = ConfigTraits & ProgressTraits & GalleryTraits;
export type Method = keyof Requests;

export interface Reply<M extends Method> {
  result: Requests[M]["result"];
  buffers: DataView[];
}

export interface KernelLink {
  /** A trait of the widget; the same signal each time, so that every view of it agrees. */
  trait<K extends keyof Traits>(key: K): ReadonlySignal<Traits[K]>;
  /** Ask the kernel. Rejects with `RequestError` when it says no or does not answer. */
  request<M extends Method>(method: M, params: Requests[M]["params"]): Promise<Reply<M>>;
}

/** What the kernel said no to, in words for people; `errors` name the fields where there are any. */
export class RequestError extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly errors: FieldProblem[] = [],
  ) {
    super(message);
    this.name = "RequestError";
  }
}

interface ReplyMessage {
  kind: "reply";
  id: string;
  ok: boolean;
  result?: unknown;
  error?: { type: string; message: string; errors?: FieldProblem[] };
}

interface Pending {
  resolve: (reply: { result: never; buffers: DataView[] }) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

/** Requests by name: what each takes, and what it gives. */
export type RequestTable<Table> = { [M in keyof Table]: { params: unknown; result: unknown } };

/** Requests with their replies, over whatever carries messages. */
export interface Correspondence<Table extends RequestTable<Table>> {
  request<M extends keyof Table>(
    method: M,
    params: Table[M]["params"],
  ): Promise<{ result: Table[M]["result"]; buffers: DataView[] }>;
  /** Take a message that came; what is no reply to an open request is let pass. */
  hear(message: unknown, buffers?: DataView[]): void;
  /** Reject what is open, and whatever is asked from now on. */
  close(why: string): void;
}

const ANSWER_WITHIN_MS = 60_000;

function isReply(message: unknown): message is ReplyMessage {
  return typeof message === "object" && message !== null && (message as { kind?: unknown }).kind === "reply";
}

/** Correspond with a kernel; `send` takes a message to it. */
export function correspond<Table extends RequestTable<Table> = Requests>(
  send: (message: { kind: "request"; id: string; method: keyof Table; params: unknown }) => void,
): Correspondence<Table> {
  const pending = new Map<string, Pending>();
  // Several pages may show one model, and each hears every reply: ids must differ between pages too.
  const page = Math.random().toString(36).slice(2, 10);
  let count = 0;
  let closed: string | null = null;

  return {
    request(method, params) {
      if (closed !== null) return Promise.reject(new RequestError("Closed", closed));
      count += 1;
      const id = `${page}-${count}`;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          pending.delete(id);
          reject(new RequestError("NoAnswer", "The kernel does not answer. It may be busy, stopped or disconnected."));
        }, ANSWER_WITHIN_MS);
        pending.set(id, { resolve: resolve as Pending["resolve"], reject, timer });
        send({ kind: "request", id, method, params });
      });
    },
    hear(message, buffers = []) {
      if (!isReply(message)) return;
      const waiting = pending.get(message.id);
      if (!waiting) return;
      pending.delete(message.id);
      clearTimeout(waiting.timer);
      if (message.ok) waiting.resolve({ result: message.result as never, buffers });
      else {
        const {
          type,
          message: text,
          errors,
        } = message.error ?? { type: "Error", message: "The kernel gave no reason." };
        waiting.reject(new RequestError(type, text, errors));
      }
    },
    close(why) {
      closed = why;
      for (const { reject, timer } of pending.values()) {
        clearTimeout(timer);
        reject(new RequestError("Closed", why));
      }
      pending.clear();
    },
  };
}

/** Link to the kernel through a widget model, until `lifetime` aborts. */
export function linkModel(model: AnyModel, lifetime: AbortSignal): KernelLink {
  const traits = new Map<string, Signal<unknown>>();
  const { request, hear, close } = correspond((message) => model.send(message));
  model.on("msg:custom", hear);
  lifetime.addEventListener("abort", () => {
    model.off("msg:custom", hear);
    close("The widget was closed.");
  });

  return {
    trait<K extends keyof Traits>(key: K): ReadonlySignal<Traits[K]> {
      let found = traits.get(key);
      if (!found) {
        const made = signal<unknown>(model.get(key));
        const update = () => {
          made.value = model.get(key);
        };
        model.on(`change:${key}`, update);
        lifetime.addEventListener("abort", () => model.off(`change:${key}`, update));
        traits.set(key, made);
        found = made;
      }
      return found as ReadonlySignal<Traits[K]>;
    },
    request,
  };
}
