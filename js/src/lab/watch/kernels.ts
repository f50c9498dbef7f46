/** The kernels that have batch sessions, with one channel to each that tells of all its sessions. */

import type { Kernel, ServiceManager } from "@jupyterlab/services";
import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { RequestError } from "../../state/link";
import { SIDEBAR_TARGET, type SidebarRequests, type SidebarSession, type SidebarTraits } from "../../state/wire.gen";
import type { KernelEntry } from "../model";
import type { Ending } from "./channel";
import { ChannelLink } from "./channelLink";
import { Line } from "./line";
import type { OpenKernels } from "./openKernels";
import type { Presence } from "./presence";

type SidebarLink = ChannelLink<SidebarTraits, SidebarRequests>;

const RETRY_AT_MOST_MS = 300_000;

export interface KernelsOptions {
  services: ServiceManager.IManager;
  openKernels: OpenKernels;
  presence: Presence;
  refreshSeconds: ReadonlySignal<number>;
  lifetime: AbortSignal;
}

/** One kernel, from when it has a session until it has ended or restarted. */
export class WatchedKernel {
  readonly model: Kernel.IModel;
  /** For all that is opened on this kernel. */
  readonly line: Line;
  /** `refused`: it has closed our channel, and is asked again later. */
  readonly state = signal<KernelEntry["state"] | "refused">("connecting");
  readonly sessions = signal<readonly SidebarSession[]>([]);
  readonly #options: KernelsOptions;
  /** The channel that is listened to. */
  #link: SidebarLink | null = null;
  /** The one that takes its place once its traits are here. */
  #next: SidebarLink | null = null;
  #stopListening = () => {};
  #refusals = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(model: Kernel.IModel, options: KernelsOptions) {
    const { services, openKernels } = options;
    this.model = model;
    this.line = new Line(services.kernels, openKernels, model);
    this.#options = options;
    openKernels.changed.connect(this.#changeOver, this);
    this.#call();
  }

  async request<M extends keyof SidebarRequests>(method: M, params: SidebarRequests[M]["params"]): Promise<void> {
    const link = this.#link;
    if (!link) throw new RequestError("NoAnswer", "The kernel is not connected. Try again in a moment.");
    await link.request(method, params);
  }

  /**
   * Find out whether the kernel and its process are still there after a connection to it has gone: where they are not, it is given up.
   *
   * A notebook closes its connection also when its kernel is shut down, and what answers after an interruption may be another process.
   */
  async confirm(): Promise<void> {
    const { presence, services } = this.#options;
    await Promise.all([services.kernels.refreshRunning().catch(() => {}), presence.check()]);
  }

  /** Close our channel. What else is open on the line is for those to close who opened it. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.openKernels.changed.disconnect(this.#changeOver, this);
    clearTimeout(this.#retry);
    this.#stopListening();
    this.#link?.close();
    this.#next?.close();
  }

  /** The process is gone: everything on the line has ended. */
  giveUp(): void {
    this.line.giveUp();
    this.close();
  }

  #call(): void {
    if (this.#over) return;
    const link: SidebarLink = new ChannelLink(
      this.line,
      SIDEBAR_TARGET,
      {},
      {
        live: () => this.#onLive(link),
        lost: () => {
          if (link === this.#link) this.state.value = "lost";
        },
        ended: (why) => void this.#onEnded(link, why),
      },
    );
    this.#next = link;
  }

  #onLive(link: SidebarLink): void {
    this.#stopListening();
    this.#link?.close();
    this.#link = link;
    this.#next = null;
    this.#refusals = 0;
    this.#stopListening = link.trait("sessions").subscribe((sessions) => {
      this.sessions.value = sessions ?? [];
    });
    this.state.value = "live";
  }

  async #onEnded(link: SidebarLink, why: Ending): Promise<void> {
    if (link === this.#link) {
      this.#stopListening();
      this.#link = null;
    } else if (link === this.#next) this.#next = null;
    if (this.#over) return;
    const { presence, refreshSeconds } = this.#options;
    if (why === "restart" || why === "death") {
      presence.forget(this.model.id);
      return;
    }
    if (why === "closed by kernel") {
      // It would not have the second one; the first goes on.
      if (this.#link) return;
      this.sessions.value = [];
      this.state.value = "refused";
      const ms = Math.min(refreshSeconds.peek() * 1000 * 2 ** this.#refusals, RETRY_AT_MOST_MS);
      this.#refusals += 1;
      clearTimeout(this.#retry);
      // A kernel also closes its comms when it ends or restarts.
      this.#retry = setTimeout(() => void this.confirm().then(() => this.#callAgain()), ms);
      return;
    }
    if (!this.#link && why === "left") this.state.value = "connecting";
    await this.confirm();
    this.#callAgain();
    link.close();
  }

  #callAgain(): void {
    if (!this.#link && !this.#next) this.#call();
  }

  /** A notebook was opened on the kernel: what it hears anyway need not come twice. */
  #changeOver(): void {
    const preferred = this.line.preferred;
    const current = this.#next ?? this.#link;
    if (!preferred || !current || current.kernel === preferred) return;
    this.#next?.close();
    this.#call();
  }
}

/** What the file browser calls it: a notebook by its file, a console by its name. */
function titleOf({ type, name, path }: { type: string; name: string; path: string }): string {
  const file = path.split("/").pop() ?? path;
  return type === "notebook" ? file || name : name || file;
}

export class Kernels {
  readonly entries: ReadonlySignal<readonly KernelEntry[]>;
  readonly watched: ReadonlySignal<ReadonlyMap<string, WatchedKernel>>;
  readonly #watched = signal<ReadonlyMap<string, WatchedKernel>>(new Map());
  readonly #titles = signal<ReadonlyMap<string, readonly string[]>>(new Map());
  readonly #services: ServiceManager.IManager;

  constructor(options: KernelsOptions) {
    const { services, presence, lifetime } = options;
    this.#services = services;
    this.watched = this.#watched;
    this.entries = computed(() => [...this.#watched.value.values()].flatMap((kernel) => this.#entry(kernel)));
    services.sessions.runningChanged.connect(this.#readTitles, this);
    this.#readTitles();
    const stop = effect(() => {
      const present = presence.kernels.value;
      untracked(() => this.#follow(present, options));
    });
    lifetime.addEventListener("abort", () => {
      stop();
      services.sessions.runningChanged.disconnect(this.#readTitles, this);
      for (const kernel of this.#watched.peek().values()) kernel.close();
    });
  }

  /** The page is being left. */
  leave(): void {
    for (const { line } of this.#watched.peek().values()) line.leave();
  }

  #follow(present: ReadonlyMap<string, Kernel.IModel>, options: KernelsOptions): void {
    const before = this.#watched.peek();
    const now = new Map<string, WatchedKernel>();
    for (const [id, model] of present) now.set(id, before.get(id) ?? new WatchedKernel(model, options));
    for (const [id, kernel] of before) if (!now.has(id)) kernel.giveUp();
    this.#watched.value = now;
  }

  #entry({ model, state, sessions }: WatchedKernel): KernelEntry[] {
    if (state.value === "refused" || (state.value === "live" && sessions.value.length === 0)) return [];
    const titles = this.#titles.value.get(model.id) ?? [this.#kernelName(model.name)];
    return [{ id: model.id, titles, state: state.value, sessions: sessions.value }];
  }

  #kernelName(name: string): string {
    return this.#services.kernelspecs.specs?.kernelspecs[name]?.display_name ?? name;
  }

  #readTitles(): void {
    const titles = new Map<string, string[]>();
    for (const session of this.#services.sessions.running()) {
      const id = session.kernel?.id;
      if (id) titles.set(id, [...(titles.get(id) ?? []), titleOf(session)]);
    }
    this.#titles.value = titles;
  }
}
