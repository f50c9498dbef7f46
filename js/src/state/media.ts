/** Whole media files, fetched in chunks. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { GalleryModel } from "./gallery";
import type { KernelLink } from "./link";
import { toBlob } from "./thumbnails";

/** How far a file has come. */
export type MediaState =
  | { phase: "loading"; loaded: number; size: number | null }
  | { phase: "ready"; url: string; type: string; size: number }
  | { phase: "failed"; message: string };

/** Keeps the neighbours that were just looked at, so that going back and forth is instant. */
const HELD = 6;

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

class MediaFile {
  readonly state = signal<MediaState>({ phase: "loading", loaded: 0, size: null });
  #closed = false;

  constructor(link: KernelLink, source: string, position: number) {
    this.#load(link, source, position).catch((error: unknown) => {
      if (!this.#closed) {
        this.state.value = { phase: "failed", message: error instanceof Error ? error.message : String(error) };
      }
    });
  }

  close(): void {
    this.#closed = true;
    const state = this.state.peek();
    if (state.phase === "ready") URL.revokeObjectURL(state.url);
  }

  async #load(link: KernelLink, source: string, position: number): Promise<void> {
    const onPart = (loaded: number, size: number) => {
      if (!this.#closed) this.state.value = { phase: "loading", loaded, size };
      return !this.#closed;
    };
    const blob = await fetchFile(link, source, position, { onPart });
    if (blob && !this.#closed) {
      this.state.value = { phase: "ready", url: URL.createObjectURL(blob), type: blob.type, size: blob.size };
    }
  }
}

/** The media of the detail dialog. Leaving a file that is still on its way stops the fetch. */
export class MediaStore {
  readonly #files = new Map<number, MediaFile>();
  /** What a download was made of; the browser may still be reading it. */
  readonly #originals: string[] = [];

  constructor(
    readonly link: KernelLink,
    readonly source: string,
  ) {}

  open(position: number): ReadonlySignal<MediaState> {
    for (const [other, file] of this.#files) {
      if (other !== position && file.state.peek().phase !== "ready") this.#forget(other, file);
    }
    const file = this.#files.get(position) ?? new MediaFile(this.link, this.source, position);
    this.#files.delete(position);
    this.#files.set(position, file);
    for (const [other, old] of this.#files) {
      if (this.#files.size <= HELD) break;
      this.#forget(other, old);
    }
    return file.state;
  }

  /** The file as it is on disk, under an object URL that lives as long as this store. */
  async original(position: number): Promise<{ url: string; type: string }> {
    const blob = await fetchFile(this.link, this.source, position, { original: true });
    if (!blob) throw new Error("The download was stopped.");
    const url = URL.createObjectURL(blob);
    this.#originals.push(url);
    return { url, type: blob.type };
  }

  /** Fetch a file anew that could not be had. */
  retry(position: number): void {
    const file = this.#files.get(position);
    if (file) this.#forget(position, file);
  }

  close(): void {
    for (const [position, file] of this.#files) this.#forget(position, file);
    for (const url of this.#originals.splice(0)) URL.revokeObjectURL(url);
  }

  #forget(position: number, file: MediaFile): void {
    file.close();
    this.#files.delete(position);
  }
}

/** The media of a gallery. */
export function mediaOf(model: GalleryModel): MediaStore {
  return model.keep("media", () => new MediaStore(model.link, model.source));
}
