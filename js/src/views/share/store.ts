/** What the share dialog chooses, and the file that comes of it; it outlives the dialog, as the writing does. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { GalleryModel } from "../../state/gallery";
import type { Reply } from "../../state/link";
import { toBlob } from "../../state/thumbnails";
import type { ShareChunk, SharePlan, ShareProgress } from "../../state/wire.gen";

export type What = "all" | "favorites" | "selected" | "shown";
export type How = SharePlan["ways"][number];
type FileWay = Exclude<How, "code">;

export type Work =
  | { phase: "idle" }
  | { phase: "running"; done: number; total: number }
  // `again`: whether what is chosen is still what was written.
  | { phase: "done"; path: string; size: number; notes: readonly string[]; isFile: boolean; again: boolean }
  | { phase: "failed"; message: string; exists: boolean }
  | { phase: "stopped" };

const SUFFIXES: Record<FileWay, string> = { zip: ".zip", folder: "", page: ".html" };
/** An archive with this ending opens in JupyterLab as a gallery. */
const GALLERY_SUFFIX = ".batchgen";
const LOOK_EVERY_MS = 250;
/** What the browser gets as well; the kernel sends no more. */
export const MOST_DOWNLOADED = 8 * 1024 * 1024;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class ShareStore {
  readonly plan = signal<SharePlan | null>(null);
  readonly problem = signal<string | null>(null);
  readonly what = signal<What>("all");
  readonly how = signal<How>("zip");
  /** Whether a page shows one's own marks. */
  readonly marks = signal(true);
  readonly work = signal<Work>({ phase: "idle" });
  readonly code = signal<string | null>(null);
  /** How many results each choice has. */
  readonly counts: ReadonlySignal<Record<What, number>>;
  /** Where it goes: what was typed, else a good name. */
  readonly path: ReadonlySignal<string>;
  /** Whether the archive has the ending by which JupyterLab opens it as a gallery. */
  readonly asGallery: ReadonlySignal<boolean>;
  readonly #zipSuffix = signal(SUFFIXES.zip);
  readonly #typed = signal<string | null>(null);
  readonly #model: GalleryModel;
  #job = "";
  #changed = false;
  #closed = false;

  constructor(model: GalleryModel) {
    this.#model = model;
    const total = model.link.trait("gallery");
    this.counts = computed(() => ({
      all: total.value.total - model.marks.trashed.value.size,
      favorites: model.marks.counts.value[1],
      selected: model.selection.count,
      shown: model.shown.value.length,
    }));
    this.path = computed(() => {
      const how = this.how.value;
      if (this.#typed.value !== null) return this.#typed.value;
      return how === "code" || !this.plan.value ? "" : this.plan.value.name + this.#suffix(how);
    });
    this.asGallery = computed(() => this.path.value.toLowerCase().endsWith(GALLERY_SUFFIX));
  }

  /** The dialog opens: what there is to choose may be another by now. */
  open(): void {
    const counts = this.counts.peek();
    if (this.work.peek().phase !== "running") {
      this.work.value = { phase: "idle" };
      this.what.value = counts.selected > 1 ? "selected" : "all";
    }
    this.#model.link.request("share.plan", { source: this.#model.source }).then(
      ({ result }) => {
        this.plan.value = result;
        this.problem.value = null;
      },
      (error: unknown) => {
        this.problem.value = messageOf(error);
      },
    );
  }

  type(path: string): void {
    this.#typed.value = path;
    this.#reset();
  }

  choose(how: How): void {
    this.how.value = how;
    // A name that was typed loses the ending of what it was typed for.
    const typed = this.#typed.peek();
    if (typed !== null && how !== "code") {
      this.#typed.value = withSuffix(typed, this.#suffix(how));
    }
    this.#reset();
    if (how === "code" && this.code.peek() === null) void this.#fetchCode();
  }

  /** Name the archive so that JupyterLab opens it as a gallery, or as any zip. */
  endAsGallery(wanted: boolean): void {
    this.#zipSuffix.value = wanted ? GALLERY_SUFFIX : SUFFIXES.zip;
    this.choose("zip");
  }

  pick(what: What): void {
    this.what.value = what;
    this.#reset();
  }

  showMarks(marks: boolean): void {
    this.marks.value = marks;
    this.#reset();
  }

  async start(overwrite = false): Promise<void> {
    const how = this.how.peek();
    if (how === "code" || this.work.peek().phase === "running") return;
    this.work.value = { phase: "running", done: 0, total: 0 };
    this.#changed = false;
    try {
      const { result } = await this.#model.link.request("share.start", {
        source: this.#model.source,
        positions: this.#positions(),
        how,
        path: this.path.peek(),
        overwrite,
        marks: this.marks.peek(),
      });
      this.#job = result.job;
      await this.#follow(how !== "folder");
    } catch (error) {
      this.work.value = { phase: "failed", message: messageOf(error), exists: false };
    }
  }

  async stop(): Promise<void> {
    try {
      await this.#model.link.request("share.stop", { job: this.#job });
    } catch (error) {
      this.problem.value = messageOf(error);
    }
  }

  /** The written file, as the browser can save it. */
  async fetchFile(): Promise<Blob> {
    const parts: DataView[] = [];
    let type = "";
    for (let offset: number | null = 0; offset !== null; ) {
      const params: ShareChunk = { job: this.#job, offset };
      const { result, buffers }: Reply<"share.read"> = await this.#model.link.request("share.read", params);
      parts.push(...buffers);
      type = result.type;
      offset = result.next;
    }
    return toBlob(parts, type);
  }

  close(): void {
    this.#closed = true;
  }

  #suffix(how: FileWay): string {
    return how === "zip" ? this.#zipSuffix.value : SUFFIXES[how];
  }

  #reset(): void {
    this.#changed = true;
    if (this.work.peek().phase !== "running") this.work.value = { phase: "idle" };
  }

  /** Null stands for all, which has the tasks without a result, too. */
  #positions(): number[] | null {
    switch (this.what.peek()) {
      case "favorites":
        return [...this.#model.marks.codes.peek()].flatMap((code, position) => (code === 1 ? [position] : []));
      case "selected":
        return this.#model.selection.sorted;
      case "shown":
        return [...this.#model.shown.peek()];
      default:
        return null;
    }
  }

  async #follow(isFile: boolean): Promise<void> {
    while (!this.#closed) {
      const { result } = await this.#model.link.request("share.progress", { job: this.#job });
      this.work.value = workOf(result, isFile, !this.#changed);
      if (result.state !== "running") return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #fetchCode(): Promise<void> {
    try {
      const { result } = await this.#model.link.request("share.code", { source: this.#model.source });
      this.code.value = result.code;
      this.problem.value = null;
    } catch (error) {
      this.problem.value = messageOf(error);
    }
  }
}

function withSuffix(path: string, suffix: string): string {
  return path.replace(/\.(zip|batchgen|html?)$/i, "") + suffix;
}

function workOf(progress: ShareProgress, isFile: boolean, again: boolean): Work {
  const { state, done, total, path, size, notes, error, exists } = progress;
  if (state === "running") return { phase: "running", done, total };
  if (state === "done") return { phase: "done", path, size, notes, isFile, again };
  if (state === "stopped") return { phase: "stopped" };
  return { phase: "failed", message: error ?? "It could not be written.", exists };
}
