/** All that the extension knows of batches: sessions of kernels, projects, and views of both. */

import type { ServiceManager } from "@jupyterlab/services";
import type { ReadonlySignal } from "@preact/signals";
import { type KernelLink, RequestError } from "../../state/link";
import type { SidebarRequests, ViewOrder } from "../../state/wire.gen";
import type { BatchesModel, KernelEntry, OpenView, ProjectEntry, ProjectList, ViewSource } from "../model";
import { Kernels } from "./kernels";
import { KernelView, linkLate, type Whereabouts } from "./kernelView";
import type { OpenKernels } from "./openKernels";
import { Presence } from "./presence";
import { Projects } from "./projects";
import { Server } from "./server";
import { linkServer, ServerGallery } from "./serverLink";

export interface BatchesOptions {
  services: ServiceManager.IManager;
  openKernels: OpenKernels;
  /** How often the server is asked, while the page is visible. */
  refreshSeconds: ReadonlySignal<number>;
  /** When it aborts, everything that was opened is closed. */
  lifetime: AbortSignal;
}

type SessionSource = Extract<ViewSource, { kind: "session" }>;

export class Batches implements BatchesModel {
  readonly kernels: ReadonlySignal<readonly KernelEntry[]>;
  readonly projects: ReadonlySignal<ProjectList>;
  readonly #server: Server;
  readonly #presence: Presence;
  readonly #kernels: Kernels;
  readonly #projects: Projects;
  readonly #refreshSeconds: ReadonlySignal<number>;
  readonly #lifetime: AbortSignal;

  constructor({ services, openKernels, refreshSeconds, lifetime }: BatchesOptions) {
    this.#refreshSeconds = refreshSeconds;
    this.#lifetime = lifetime;
    this.#server = new Server(services.serverSettings);
    this.#presence = new Presence({ services, openKernels, server: this.#server, refreshSeconds, lifetime });
    this.#kernels = new Kernels({ services, openKernels, presence: this.#presence, refreshSeconds, lifetime });
    this.kernels = this.#kernels.entries;
    this.#projects = new Projects({ server: this.#server, kernels: this.kernels, refreshSeconds, lifetime });
    this.projects = this.#projects.list;
    // A page that is reloaded would leave its comms and subshells behind in the kernels.
    const onLeaving = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) this.#kernels.leave();
    };
    window.addEventListener("pagehide", onLeaving);
    lifetime.addEventListener("abort", () => window.removeEventListener("pagehide", onLeaving));
  }

  async command<M extends keyof SidebarRequests>(
    kernel: string,
    method: M,
    params: SidebarRequests[M]["params"],
  ): Promise<void> {
    const watched = this.#kernels.watched.peek().get(kernel);
    if (!watched) throw new RequestError("Absent", "The kernel of this session has stopped or restarted.");
    await watched.request(method, params);
  }

  historyOf({ key, path }: ProjectEntry, lifetime: AbortSignal): KernelLink {
    if (path !== null) return linkServer(this.#server, path);
    const order = { view: "history", session: null, project: key, batch: null } as const;
    return linkLate(() => this.#follow(() => this.#findProject(order), lifetime), lifetime);
  }

  /**
   * Open a view, until `lifetime` aborts. It follows its source: where a session is no more, to one of the same generator and project, and
   * through restarts and reconnections.
   */
  open(source: ViewSource, lifetime: AbortSignal): OpenView {
    switch (source.kind) {
      case "session":
        return this.#follow(() => this.#findSession(source), lifetime);
      case "kernelBatch": {
        const { project, batch, kernel } = source;
        const order = { view: "gallery", session: null, project, batch } as const;
        return this.#follow(() => this.#findProject(order, kernel), lifetime);
      }
      default: {
        const batch = source.kind === "batch" ? source.batch : null;
        const server = this.#server;
        const refreshSeconds = this.#refreshSeconds;
        return new ServerGallery({
          server,
          path: source.path,
          batch,
          refreshSeconds,
          lifetime: this.#within(lifetime),
        });
      }
    }
  }

  refresh(): void {
    void this.#presence.check();
    this.#projects.refresh();
  }

  #follow(find: () => Whereabouts, lifetime: AbortSignal): OpenView {
    return new KernelView({ find, presence: this.#presence, lifetime: this.#within(lifetime) });
  }

  /** As long as both this and `lifetime` last. */
  #within(lifetime: AbortSignal): AbortSignal {
    const end = new AbortController();
    for (const one of [lifetime, this.#lifetime]) {
      if (one.aborted) end.abort();
      one.addEventListener("abort", () => end.abort(), { signal: end.signal });
    }
    return end.signal;
  }

  /** The kernels with sessions, `first` before the others. */
  #watched(first?: string) {
    const kernels = [...this.#kernels.watched.value.values()];
    return kernels.sort((a, b) => Number(b.model.id === first) - Number(a.model.id === first));
  }

  #findSession({ view, kernel: id, session: wanted, project, generator }: SessionSource): Whereabouts {
    const sessions = this.#watched(id).flatMap((kernel) =>
      kernel.sessions.value.map((session) => ({ kernel, session })).reverse(),
    );
    // As long as its own kernel has not said what it has, another session is not as good.
    const waiting = !this.#presence.known.value || this.#kernels.watched.value.get(id)?.state.value === "connecting";
    const found =
      sessions.find(({ session }) => session.id === wanted) ??
      sessions.find(({ session }) => !waiting && session.project.key === project && session.generator === generator);
    if (found) {
      const order: ViewOrder = { view, session: found.session.id, project: null, batch: null };
      return { kernel: found.kernel, order };
    }
    return this.#nowhere(`No notebook has a session of ${generator} open in this project.`);
  }

  #findProject(order: ViewOrder, first?: string): Whereabouts {
    const kernel = this.#watched(first).find(({ sessions }) =>
      sessions.value.some(({ project }) => project.key === order.project),
    );
    if (kernel) return { kernel, order };
    return this.#nowhere("No notebook has this project open.");
  }

  #nowhere(message: string): Whereabouts {
    const mayCome = !this.#presence.known.value || this.#watched().some(({ state }) => state.value === "connecting");
    return mayCome ? { state: "connecting" } : { state: "gone", message };
  }
}
