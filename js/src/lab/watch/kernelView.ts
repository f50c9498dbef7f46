/** A view that a kernel answers for, through restarts and reconnections. */

import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { type KernelLink, RequestError } from "../../state/link";
import { VIEW_TARGET, type ViewOrder } from "../../state/wire.gen";
import type { OpenView } from "../model";
import type { Ending } from "./channel";
import { ChannelLink } from "./channelLink";
import type { WatchedKernel } from "./kernels";
import type { Presence } from "./presence";

/** Who answers for a view and what to order there; or that nobody does, yet or any more. */
export type Whereabouts =
  | { kernel: WatchedKernel; order: ViewOrder }
  | { state: "connecting" }
  | { state: "gone"; message: string };

export interface KernelViewOptions {
  /** Find who answers now. It reads signals, and is called again when they change. */
  find: () => Whereabouts;
  presence: Presence;
  lifetime: AbortSignal;
}

/** How soon a kernel that has closed a view is asked for the same again, and how late at most. */
const ASK_AGAIN_MS = 5000;
const ASK_AGAIN_AT_MOST_MS = 300_000;

export class KernelView implements OpenView {
  readonly link = signal<KernelLink | null>(null);
  readonly state = signal<"connecting" | "live" | "gone">("connecting");
  readonly message = signal<string | null>(null);
  readonly #options: KernelViewOptions;
  /** Grows when it is to look for its kernel again. */
  readonly #tries = signal(0);
  #channel: ChannelLink | null = null;
  /** What a kernel has closed, until it may be asked for again. */
  #refused: string | null = null;
  #refusals = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: KernelViewOptions) {
    const { find, lifetime } = options;
    this.#options = options;
    if (lifetime.aborted) return;
    const stop = effect(() => {
      this.#tries.value;
      const found = find();
      untracked(() => this.#follow(found));
    });
    lifetime.addEventListener("abort", () => {
      stop();
      clearTimeout(this.#timer);
      this.#channel?.close();
      this.#channel = null;
    });
  }

  #follow(found: Whereabouts): void {
    if (this.#channel) return;
    if (!("kernel" in found)) {
      this.state.value = found.state;
      this.message.value = found.state === "gone" ? found.message : null;
      return;
    }
    const { kernel, order } = found;
    const name = `${kernel.model.id} ${JSON.stringify(order)}`;
    if (name === this.#refused) return;
    this.state.value = "connecting";
    this.message.value = null;
    const channel: ChannelLink = new ChannelLink(kernel.line, VIEW_TARGET, order, {
      live: () => {
        this.#refusals = 0;
        this.link.value = channel;
        this.state.value = "live";
        this.message.value = null;
      },
      lost: () => {
        this.state.value = "connecting";
        this.message.value = "The connection to the kernel is lost.";
      },
      ended: (why, message) => {
        if (channel !== this.#channel) return;
        this.#channel = null;
        void this.#onEnded(channel, kernel, name, why, message);
      },
    });
    this.#channel = channel;
  }

  async #onEnded(
    channel: ChannelLink,
    kernel: WatchedKernel,
    name: string,
    why: Ending,
    message: string,
  ): Promise<void> {
    if (why === "closed by kernel") {
      this.state.value = "gone";
      this.message.value = message;
      this.#refused = name;
      clearTimeout(this.#timer);
      const ms = Math.min(ASK_AGAIN_MS * 2 ** this.#refusals, ASK_AGAIN_AT_MOST_MS);
      this.#refusals += 1;
      this.#timer = setTimeout(async () => {
        await kernel.confirm();
        this.#refused = null;
        this.#tries.value += 1;
      }, ms);
    } else if (why === "restart" || why === "death") this.#options.presence.forget(kernel.model.id);
    else {
      this.state.value = "connecting";
      // Who is there now may be another process, or nobody.
      await kernel.confirm();
    }
    this.#tries.value += 1;
    channel.close();
  }
}

/** Wait until a signal has a value that `accept` takes. */
async function until<T>(from: ReadonlySignal<T>, accept: (value: T) => boolean, lifetime: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  let stop = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const close = () => reject(new RequestError("Closed", "The view was closed."));
      if (lifetime.aborted) close();
      lifetime.addEventListener("abort", close, { signal: waiting.signal });
      stop = from.subscribe((value) => {
        if (accept(value)) resolve();
      });
    });
  } finally {
    waiting.abort();
    stop();
  }
}

/** A link to a view that is opened when something is first asked of it, and that waits for its kernel. */
export function linkLate(open: () => OpenView, lifetime: AbortSignal): KernelLink {
  let view: OpenView | null = null;
  const nothing = signal(null);
  return {
    trait: () => nothing as ReadonlySignal<never>,
    async request(method, params) {
      view ??= open();
      await until(view.state, (state) => state !== "connecting", lifetime);
      const link = view.link.peek();
      if (view.state.peek() === "gone" || !link) {
        throw new RequestError("Absent", view.message.peek() ?? "No kernel answers for this.");
      }
      return link.request(method, params);
    },
  };
}
