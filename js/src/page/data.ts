/**
 * What a page carries: nodes with values and with bytes, each read when it is first needed.
 *
 * The script runs before the rest of the file is read, so what is asked for may be still to come.
 */

import type { Columns } from "../state/wire.gen";

type Value = string | number | boolean | null;

/** What is known of the page and its batch. Times are epoch seconds. */
export interface About {
  /** What tells this page from others; the same when the same results are written anew. */
  page: string;
  title: string;
  made_at: number;
  max_bytes: number;
  shows_marks: boolean;
  total: number;
  /** The ids of the assets, by position. */
  ids: string[];
  /** One byte each, in base64: places in `ASSET_KINDS` and `ASSET_MARKS`. */
  kinds: string;
  marks: string;
  batch: string;
  generator: string;
  created_at: number;
  counts: Record<string, number>;
  base: Record<string, Value>;
  /** Parameters that vary, with their values in words. */
  varied: { name: string; values: string }[];
  version: string;
  /** Python that makes the same batch, where that is known. */
  code: string | null;
}

/** How much of the media is in the page. */
export interface Contents {
  image: number;
  video: number;
  audio: number;
  unread: number;
  /** Longest sides in pixels. */
  thumbnail_size: number;
  image_size: number;
}

/** Rows of columns, their cells in base64. */
export interface PackedColumns {
  reply: Columns;
  buffers: string[];
}

export function decode(base64: string): DataView {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return new DataView(bytes.buffer);
}

export class PageData {
  readonly #document: Document;
  #more: Promise<void> | null = null;
  readonly about: About;

  constructor(page: Document) {
    this.#document = page;
    const about = this.#find("about");
    if (!about) throw new Error("This file is not whole: it says nothing of what it shows.");
    this.about = JSON.parse(about.textContent ?? "");
  }

  /** A value; null where the page has none. */
  async value<T>(name: string): Promise<T | null> {
    const node = await this.#node(name);
    return node && JSON.parse(node.textContent ?? "null");
  }

  /** Bytes and their MIME type; null where the page has none. */
  async bytes(name: string): Promise<{ bytes: DataView; type: string } | null> {
    const node = await this.#node(name);
    return node && { bytes: decode(node.textContent ?? ""), type: node.dataset["type"] ?? "" };
  }

  async #node(name: string): Promise<HTMLElement | null> {
    for (;;) {
      const found = this.#find(name);
      if (found || !this.#reading) return found;
      this.#more ??= this.#growth();
      await this.#more;
    }
  }

  get #reading(): boolean {
    return this.#document.readyState === "loading";
  }

  /** A node that is there whole: while the file is read, the last one may have come only in part. */
  #find(name: string): HTMLElement | null {
    const node = this.#document.getElementById(`bgw-${name}`);
    return node && (node.nextSibling || !this.#reading) ? node : null;
  }

  /** Until there is more of the file. */
  #growth(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        observer.disconnect();
        this.#document.removeEventListener("DOMContentLoaded", done);
        this.#more = null;
        resolve();
      };
      const observer = new MutationObserver(done);
      observer.observe(this.#document.body, { childList: true });
      this.#document.addEventListener("DOMContentLoaded", done);
    });
  }
}
