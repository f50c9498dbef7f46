/** Which kernels have batch sessions, so that no other is ever spoken to. */

import type { Kernel, KernelMessage, ServiceManager } from "@jupyterlab/services";
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { OpenKernels } from "./openKernels";
import { Poller } from "./poller";
import { type Server, ServerError } from "./server";

const WIDGETS = "batchgen_widgets.";

/** Whether a kernel shows one of our widgets with this message: it has a session then. */
function showsWidget({ msg, direction }: Kernel.IAnyMessageArgs): boolean {
  if (direction !== "recv" || msg.header.msg_type !== "comm_open") return false;
  const { target_name, data } = (msg as KernelMessage.ICommOpenMsg).content;
  const state = data?.["state"] as { _anywidget_id?: unknown } | undefined;
  const id = target_name === "jupyter.widget" && state?._anywidget_id;
  return typeof id === "string" && id.startsWith(WIDGETS);
}

const isRestarting = (kernel: Kernel.IKernelConnection | null | undefined) =>
  kernel?.status === "restarting" || kernel?.status === "autorestarting";

export interface PresenceOptions {
  services: ServiceManager.IManager;
  openKernels: OpenKernels;
  server: Server;
  refreshSeconds: ReadonlySignal<number>;
  lifetime: AbortSignal;
}

/** The server says who has sessions; where it can't, what passes on the connections of open notebooks does. */
export class Presence {
  /** The running kernels that have sessions, or had them. */
  readonly kernels: ReadonlySignal<ReadonlyMap<string, Kernel.IModel>>;
  /** Whether the server has been asked, with whatever success. */
  readonly known: ReadonlySignal<boolean>;
  readonly #kernels = signal<ReadonlyMap<string, Kernel.IModel>>(new Map());
  readonly #known = signal(false);
  readonly #services: ServiceManager.IManager;
  readonly #openKernels: OpenKernels;
  readonly #server: Server;
  readonly #poller: Poller;
  readonly #watched = new Map<string, Kernel.IKernelConnection>();
  readonly #listed = new Set<string>();
  readonly #seen = new Set<string>();
  /** From which question on the server's word on a kernel counts, after it was restarted. */
  readonly #since = new Map<string, number>();
  #running = "";
  #questions = 0;
  #absent = false;

  constructor({ services, openKernels, server, refreshSeconds, lifetime }: PresenceOptions) {
    this.kernels = this.#kernels;
    this.known = this.#known;
    this.#services = services;
    this.#openKernels = openKernels;
    this.#server = server;
    this.#poller = new Poller({
      ask: () => this.#ask(),
      seconds: refreshSeconds,
      needed: () => !this.#absent && services.kernels.runningCount > 0,
      lifetime,
    });
    services.kernels.runningChanged.connect(this.#onRunning, this);
    openKernels.changed.connect(this.#watch, this);
    lifetime.addEventListener("abort", () => {
      services.kernels.runningChanged.disconnect(this.#onRunning, this);
      openKernels.changed.disconnect(this.#watch, this);
      for (const kernel of this.#watched.values()) this.#unwatch(kernel);
      this.#watched.clear();
    });
    this.#onRunning();
    // Without kernels there is nothing to ask, and that is known once the list of kernels is here.
    services.kernels.ready.then(
      () => {
        if (services.kernels.runningCount === 0) this.#known.value = true;
      },
      () => {},
    );
  }

  /** Ask the server now, however lately it was asked. Resolves when its answer is here. */
  check(): Promise<void> {
    this.#absent = false;
    return this.#poller.now();
  }

  /** Whatever was known of a kernel no longer holds: it was restarted. */
  forget(id: string): void {
    this.#listed.delete(id);
    this.#seen.delete(id);
    this.#since.set(id, this.#questions + 1);
    this.#tell();
    this.#poller.nudge();
  }

  async #ask(): Promise<boolean> {
    this.#questions += 1;
    const question = this.#questions;
    // The process of a kernel on its way down may still be there.
    const restarting = new Set([...this.#watched].filter(([, kernel]) => isRestarting(kernel)).map(([id]) => id));
    try {
      const { kernels } = await this.#server.kernels();
      for (const { id } of this.#services.kernels.running()) {
        if (restarting.has(id) || question < (this.#since.get(id) ?? 0)) continue;
        if (id in kernels) this.#listed.add(id);
        // One that the server can't tell of stays as it was seen; one that it told of is not what it was.
        else if (this.#listed.delete(id)) this.#seen.delete(id);
      }
      return true;
    } catch (error) {
      this.#absent = error instanceof ServerError && error.type === "Absent";
      return false;
    } finally {
      batch(() => {
        this.#known.value = true;
        this.#tell();
      });
    }
  }

  #onRunning(): void {
    const ids = [...this.#services.kernels.running()].map(({ id }) => id);
    for (const set of [this.#listed, this.#seen, this.#since]) {
      for (const id of set.keys()) if (!ids.includes(id)) set.delete(id);
    }
    this.#watch();
    this.#tell();
    const running = ids.sort().join();
    if (running === this.#running) return;
    this.#running = running;
    this.#poller.nudge();
  }

  #watch(): void {
    const found = new Map<string, Kernel.IKernelConnection>();
    for (const { id } of this.#services.kernels.running()) {
      const kernel = this.#openKernels.connection(id);
      if (kernel && !kernel.isDisposed) found.set(id, kernel);
    }
    for (const [id, kernel] of this.#watched) {
      if (found.get(id) === kernel) continue;
      this.#unwatch(kernel);
      this.#watched.delete(id);
    }
    for (const [id, kernel] of found) {
      if (this.#watched.has(id)) continue;
      kernel.anyMessage.connect(this.#onMessage, this);
      kernel.statusChanged.connect(this.#onStatus, this);
      this.#watched.set(id, kernel);
    }
  }

  #unwatch(kernel: Kernel.IKernelConnection): void {
    kernel.anyMessage.disconnect(this.#onMessage, this);
    kernel.statusChanged.disconnect(this.#onStatus, this);
  }

  #onMessage({ id }: Kernel.IKernelConnection, args: Kernel.IAnyMessageArgs): void {
    if (!showsWidget(args) || this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#tell();
  }

  #onStatus({ id }: Kernel.IKernelConnection, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") this.forget(id);
    // A cell has run, and may have opened the first session.
    else if (status === "idle" && !this.#kernels.peek().has(id)) this.#poller.nudge();
  }

  #tell(): void {
    const before = this.#kernels.peek();
    const now = new Map<string, Kernel.IModel>();
    for (const model of this.#services.kernels.running()) {
      if (this.#listed.has(model.id) || this.#seen.has(model.id)) now.set(model.id, before.get(model.id) ?? model);
    }
    if (now.size !== before.size || [...now.keys()].some((id) => !before.has(id))) this.#kernels.value = now;
  }
}
