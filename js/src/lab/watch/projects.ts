/** The projects to list: those that the server finds under its root, and those that sessions have open. */

import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { isFinished } from "../../state/batch";
import type { FoundProject, ProjectRef } from "../../state/wire.gen";
import type { KernelEntry, ProjectEntry, ProjectList } from "../model";
import { Poller } from "./poller";
import { type Server, ServerError } from "./server";

/** How old the list may be when somebody looks at it again. */
const FRESH_FOR_MS = 30_000;

function entryOf({ key, name, path, batches, problem }: FoundProject, open: ProjectRef | undefined): ProjectEntry {
  return { key, name, folder: open?.folder ?? path, path, batches, problem: problem ?? null };
}

interface Answer {
  readonly projects: readonly FoundProject[];
  readonly state: ProjectList["state"];
  readonly problem: string | null;
  readonly complete: boolean;
}

export interface ProjectsOptions {
  server: Server;
  kernels: ReadonlySignal<readonly KernelEntry[]>;
  refreshSeconds: ReadonlySignal<number>;
  lifetime: AbortSignal;
}

export class Projects {
  readonly list: ReadonlySignal<ProjectList>;
  readonly #server: Server;
  readonly #answer: Signal<Answer>;
  readonly #poller: Poller;
  /** The batches that run in sessions, by session. */
  #active = new Map<string, string>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor({ server, kernels, refreshSeconds, lifetime }: ProjectsOptions) {
    this.#server = server;
    // A search through folders is nothing to repeat every few seconds: it is asked for, or something has changed.
    this.#poller = new Poller({ ask: () => this.#ask(), seconds: refreshSeconds, needed: () => false, lifetime });
    const unknown: Answer = { projects: [], state: "loading", problem: null, complete: false };
    this.#answer = signal(unknown, {
      watched: () => {
        if (performance.now() - this.#askedAt > FRESH_FOR_MS) this.refresh();
      },
    });
    const open = computed(() => {
      const sessions = kernels.value.flatMap(({ sessions }) => sessions);
      return new Map(sessions.map(({ project }) => [project.key, project]));
    });
    this.list = computed(() => merge(this.#answer.value, open.value));
    const stop = effect(() => {
      if (this.#hasNews(kernels.value)) untracked(() => this.#refreshIfKnown());
    });
    lifetime.addEventListener("abort", stop);
  }

  refresh(): void {
    void this.#poller.now();
  }

  async #ask(): Promise<boolean> {
    this.#askedAt = performance.now();
    try {
      this.#answer.value = { ...(await this.#server.projects()), state: "here", problem: null };
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const state = error instanceof ServerError && error.type === "Absent" ? "absent" : "failed";
      this.#answer.value = { ...this.#answer.peek(), state, problem };
      return false;
    }
  }

  /** Nobody has asked for the list as long as nobody has seen it. */
  #refreshIfKnown(): void {
    if (this.#askedAt > 0) this.refresh();
  }

  /** Whether a batch has ended, or begun: either changes what a project has. */
  #hasNews(kernels: readonly KernelEntry[]): boolean {
    const before = this.#active;
    this.#active = new Map();
    for (const { id, batch } of kernels.flatMap(({ sessions }) => sessions)) {
      if (batch && !isFinished(batch)) this.#active.set(id, batch.id);
    }
    return (
      [...before].some(([session, batch]) => this.#active.get(session) !== batch) ||
      [...this.#active].some(([session, batch]) => before.get(session) !== batch)
    );
  }
}

function merge({ projects, ...rest }: Answer, open: ReadonlyMap<string, ProjectRef>): ProjectList {
  const found = new Set(projects.map(({ key }) => key));
  const elsewhere = [...open.values()]
    .filter(({ key }) => !found.has(key))
    .map((project): ProjectEntry => ({ ...project, path: null, batches: null, problem: null }));
  return { ...rest, entries: [...elsewhere, ...projects.map((project) => entryOf(project, open.get(project.key)))] };
}
