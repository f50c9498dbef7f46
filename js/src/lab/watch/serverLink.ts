/** A batch or an archive that is looked at without a kernel: the server answers, and the page keeps what a kernel would. */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type KernelLink, type Method, type Reply, RequestError, type Traits } from "../../state/link";
import { PageShelf } from "../../state/pageShelf";
import type { GallerySummary, GalleryTraits, Requests, ServerRequests } from "../../state/wire.gen";
import type { OpenView } from "../model";
import { Poller } from "./poller";
import { type Server, ServerError } from "./server";

const ASKED: { [M in Exclude<keyof ServerRequests, "gallery.open">]: true } = {
  "assets.get": true,
  "assets.thumbnails": true,
  "assets.media": true,
  "assets.columns": true,
  "cells.get": true,
  "history.get": true,
  "history.compare": true,
  "assets.thumbnails_by_id": true,
  "lineage.get": true,
};

const NOTHING = signal(null);

export interface Kept {
  traits?: { [K in keyof Traits]?: ReadonlySignal<Traits[K] | null> };
  answers?: { [M in Method]?: (params: Requests[M]["params"]) => Reply<M> | Promise<Reply<M>> };
}

/** A link to the project or the archive at `path`, with what the page keeps itself. */
export function linkServer(server: Server, path: string, { traits = {}, answers = {} }: Kept = {}): KernelLink {
  return {
    trait<K extends keyof Traits>(key: K): ReadonlySignal<Traits[K]> {
      return (traits[key] ?? NOTHING) as ReadonlySignal<Traits[K]>;
    },
    async request(method, params) {
      const answer = answers[method];
      if (answer) return answer(params);
      if (method in ASKED) return server.request(path, method as keyof typeof ASKED, params as never) as Promise<never>;
      throw new RequestError(
        "Unknown",
        "This can only be looked at here. Open its project in a notebook to change it.",
      );
    },
  };
}

export interface ServerGalleryOptions {
  server: Server;
  path: string;
  /** The batch to show; null for everything in an archive. */
  batch: string | null;
  refreshSeconds: ReadonlySignal<number>;
  lifetime: AbortSignal;
}

interface Opened {
  result: ServerRequests["gallery.open"]["result"];
  buffers: DataView[];
}

const NO_BYTES = new DataView(new ArrayBuffer(0));

/** A gallery that the server reads. It is read anew as long as somebody looks at it. */
export class ServerGallery implements OpenView {
  readonly link = signal<KernelLink | null>(null);
  readonly state = signal<"connecting" | "live" | "gone">("connecting");
  readonly message = signal<string | null>(null);
  readonly #options: ServerGalleryOptions;
  readonly #poller: Poller;
  readonly #link: KernelLink;
  readonly #gallery: Signal<GallerySummary | null>;
  readonly #kinds = signal<DataView>(NO_BYTES);
  readonly #marks = signal<DataView>(NO_BYTES);
  /** The batch on show; null for everything in an archive. */
  #batch: string | null;
  /** Grows when another batch is asked for. */
  #asked = 0;
  #revision = "";
  #looking = false;
  #onScreen = true;

  constructor(options: ServerGalleryOptions) {
    const { server, path, refreshSeconds, lifetime } = options;
    this.#options = options;
    this.#batch = options.batch;
    this.#poller = new Poller({
      ask: () => this.#read(),
      seconds: refreshSeconds,
      needed: () => this.#onScreen && (this.#looking || this.state.peek() !== "live"),
      lifetime,
    });
    this.#gallery = signal<GallerySummary | null>(null, {
      watched: () => {
        this.#looking = true;
        this.#poller.nudge();
      },
      unwatched: () => {
        this.#looking = false;
      },
    });
    const shelf = new PageShelf(computed(() => this.#gallery.value?.total ?? 0));
    const traits: { [K in keyof GalleryTraits]: ReadonlySignal<GalleryTraits[K] | null> } = {
      gallery: this.#gallery,
      asset_kinds: this.#kinds,
      asset_marks: this.#marks,
      asset_selected: shelf.selected,
      query: shelf.query,
    };
    this.#link = linkServer(server, path, {
      traits,
      answers: {
        "assets.select": (params) => shelf.select(params),
        "query.set": (params) => shelf.show(params),
        "history.show": ({ batch: id }) => this.#show(id, shelf),
      },
    });
    void this.#poller.now();
  }

  setOnScreen(onScreen: boolean): void {
    const appears = onScreen && !this.#onScreen;
    this.#onScreen = onScreen;
    if (appears) this.#poller.nudge();
  }

  /** Show another batch once it is here; null goes back to the one that it was opened for. */
  async #show(id: string | null, shelf: PageShelf): Promise<Reply<"history.show">> {
    this.#asked += 1;
    const asked = this.#asked;
    const wanted = id ?? this.#options.batch;
    try {
      const opened = await this.#open(wanted, "");
      if (asked === this.#asked) {
        batch(() => {
          this.#batch = wanted;
          shelf.select({ source: "", positions: [], how: "set" });
          this.#take(opened);
        });
      }
    } catch (error) {
      // Who has asked for another one since has no use for this one.
      if (asked === this.#asked) throw error;
    }
    return { result: {}, buffers: [] };
  }

  async #read(): Promise<boolean> {
    const { lifetime } = this.#options;
    const asked = this.#asked;
    const id = this.#batch;
    try {
      const opened = await this.#open(id, this.#revision);
      if (!lifetime.aborted && asked === this.#asked && id === this.#batch) this.#take(opened);
      return true;
    } catch (error) {
      if (lifetime.aborted) return true;
      const { type, message } =
        error instanceof ServerError ? error : new ServerError("Failed", "This can’t be read. Try again.");
      // What is shown stays true while the server is away.
      if (type === "Unreachable" && this.state.peek() === "live") return false;
      batch(() => {
        this.state.value = "gone";
        this.message.value = message;
      });
      return false;
    }
  }

  #open(id: string | null, revision: string): Promise<Opened> {
    const { server, path } = this.#options;
    return server.request(path, "gallery.open", { batch: id, revision });
  }

  #take({ result: { gallery, revision }, buffers: [kinds = NO_BYTES, marks = NO_BYTES] }: Opened): void {
    batch(() => {
      if (gallery) {
        this.#gallery.value = gallery;
        this.#kinds.value = kinds;
        this.#marks.value = marks;
      }
      this.#revision = revision;
      this.link.value = this.#link;
      this.state.value = "live";
      this.message.value = null;
    });
  }
}
