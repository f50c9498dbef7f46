/** Whole media files, fetched in chunks. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { GalleryModel } from "./gallery";
import { type KernelLink, RequestError } from "./link";
import { toBlob } from "./thumbnails";

/** How far a file has come. What is absent is not to be had where we are: a page holds only so much. */
export type MediaState =
  | { phase: "loading"; loaded: number; size: number | null }
  | { phase: "ready"; url: string; type: string; size: number; blob: Blob }
  | { phase: "failed" | "absent"; message: string };

const WAITING: MediaState = { phase: "loading", loaded: 0, size: null };

/** Files that nobody looks at any more, kept so that going back and forth is instant. */
const KEPT = 6;
const KEPT_BYTES = 96_000_000;
/** The kernel sends at a fixed pace: more at once would only make the first one late. */
const LOADS_AT_ONCE = 2;

interface FetchOptions {
  /** The file as it is on disk, instead of what a browser shows best. */
  original?: boolean;
  /** Called with each part; false stops the fetch. */
  onPart?: (loaded: number, size: number) => boolean;
}

/** A whole file; null when the fetch was stopped. */
async function fetchFile(
  link: KernelLink,
  source: string,
  position: number,
  { original = false, onPart = () => true }: FetchOptions,
): Promise<Blob | null> {
  const parts: DataView[] = [];
  let offset = 0;
  let loaded = 0;
  for (;;) {
    const range = { source, position, offset };
    const { result, buffers } = await link.request("assets.media", original ? { ...range, original } : range);
    const [part] = buffers;
    if (part) {
      parts.push(part);
      loaded += part.byteLength;
    }
    if (!onPart(loaded, result.size)) return null;
    if (result.next === null) {
      if (loaded !== result.size) throw new Error(`The kernel sent ${loaded} of ${result.size} bytes of this file.`);
      return toBlob(parts, result.type);
    }
    if (result.next <= offset) throw new Error("The kernel sent the same part of this file twice.");
    offset = result.next;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof RequestError && error.type === "Absent";
}

/** One file, and how many look at it. */
class MediaFile {
  readonly state = signal<MediaState>(WAITING);
  users = 0;
  /** The fetch that counts; one that was given up has another number. */
  #run = 0;
  #started = false;

  constructor(
    readonly position: number,
    readonly original: boolean,
  ) {}

  get waits(): boolean {
    return this.users > 0 && !this.#started;
  }

  get loads(): boolean {
    return this.#started && this.state.peek().phase === "loading";
  }

  get bytes(): number {
    const state = this.state.peek();
    return state.phase === "ready" ? state.size : 0;
  }

  async load(link: KernelLink, source: string): Promise<void> {
    this.#started = true;
    this.#run += 1;
    const run = this.#run;
    const onPart = (loaded: number, size: number) => {
      if (run === this.#run) this.state.value = { phase: "loading", loaded, size };
      return run === this.#run;
    };
    try {
      const blob = await fetchFile(link, source, this.position, { original: this.original, onPart });
      if (!blob || run !== this.#run) return;
      this.state.value = { phase: "ready", url: URL.createObjectURL(blob), type: blob.type, size: blob.size, blob };
    } catch (error) {
      if (run !== this.#run) return;
      const message = error instanceof Error ? error.message : String(error);
      this.state.value = { phase: isAbsent(error) ? "absent" : "failed", message };
    }
  }

  /** Back to the start: what was fetched is freed, what is on its way is given up. */
  forget(): void {
    this.#run += 1;
    this.#started = false;
    const state = this.state.peek();
    if (state.phase === "ready") URL.revokeObjectURL(state.url);
    if (state !== WAITING) this.state.value = WAITING;
  }
}

/**
 * The media of a gallery. Whoever shows a file holds it; what nobody holds is given up while it is on its way, and kept for a while once
 * it is here.
 */
export class MediaStore {
  /** By position and kind of copy, least recently held first. */
  readonly #files = new Map<string, MediaFile>();
  /** What a download was made of; the browser may still be reading it. */
  readonly #originals: string[] = [];
  #closed = false;
  #leave: () => void = () => {};

  constructor(
    readonly link: KernelLink,
    readonly source: string,
  ) {}

  /** How far a file is: what a browser shows best, or the file as it is on disk. */
  state(position: number, original = false): ReadonlySignal<MediaState> {
    return this.#file(position, original).state;
  }

  /** Fetch a file and keep it until the returned function is called. Any number can be held, each by several views. */
  hold(position: number, original = false): () => void {
    const file = this.#file(position, original);
    file.users += 1;
    this.#files.delete(keyOf(file));
    this.#files.set(keyOf(file), file);
    this.#startNext();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      file.users -= 1;
      if (!file.users && file.state.peek().phase !== "ready") file.forget();
      this.#tidy();
      this.#startNext();
    };
  }

  /** Hold one file, in the place of the one that was opened before. */
  open(position: number): ReadonlySignal<MediaState> {
    const leave = this.#leave;
    this.#leave = this.hold(position);
    leave();
    return this.state(position);
  }

  /** The file as it is on disk, or its copy where only that is to be had, under an object URL that lives as long as this store. */
  async original(position: number): Promise<{ url: string; type: string }> {
    const held = this.state(position, true).peek();
    const blob =
      held.phase === "ready"
        ? held.blob
        : await fetchFile(this.link, this.source, position, { original: true }).catch((error: unknown) => {
            const copy = this.state(position).peek();
            if (isAbsent(error) && copy.phase === "ready") return copy.blob;
            throw error;
          });
    if (!blob) throw new Error("The download was stopped.");
    const url = URL.createObjectURL(blob);
    this.#originals.push(url);
    return { url, type: blob.type };
  }

  /** Fetch a file anew that could not be had. */
  retry(position: number, original = false): void {
    this.#file(position, original).forget();
    this.#startNext();
  }

  close(): void {
    this.#closed = true;
    for (const file of this.#files.values()) file.forget();
    for (const url of this.#originals.splice(0)) URL.revokeObjectURL(url);
  }

  #file(position: number, original: boolean): MediaFile {
    const made = new MediaFile(position, original);
    const file = this.#files.get(keyOf(made)) ?? made;
    this.#files.set(keyOf(file), file);
    return file;
  }

  #startNext(): void {
    if (this.#closed) return;
    const files = [...this.#files.values()];
    let free = LOADS_AT_ONCE - files.filter(({ loads }) => loads).length;
    for (const file of files) {
      if (free <= 0) return;
      if (!file.waits) continue;
      free -= 1;
      void file.load(this.link, this.source).finally(() => this.#startNext());
    }
  }

  /** Forget the oldest of what nobody holds, where it is too much. */
  #tidy(): void {
    const idle = [...this.#files.values()].filter(({ users, bytes }) => !users && bytes);
    let kept = idle.length;
    let bytes = idle.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of idle) {
      if (kept <= KEPT && bytes <= KEPT_BYTES) return;
      kept -= 1;
      bytes -= file.bytes;
      file.forget();
    }
  }
}

function keyOf({ position, original }: MediaFile): string {
  return `${position}${original ? " original" : ""}`;
}

/** The media of a gallery. */
export function mediaOf(model: GalleryModel): MediaStore {
  return model.keep("media", () => new MediaStore(model.link, model.source));
}
