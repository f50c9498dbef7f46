/** Pictures and records of assets, for the tiles on screen. */

import type { KernelLink } from "./link";
import { WindowCache } from "./windowCache";
import type { AssetRecord } from "./wire.gen";

/** 12 kB each, 16 kB once seen: about 10 MB, and ten screens to scroll back without asking. */
const THUMBNAILS_HELD = 600;
/** Keeps one reply near 500 kB, well below the server's 1 MB/s. */
const THUMBNAILS_PER_REQUEST = 40;
const RECORDS_HELD = 4000;
const RECORDS_PER_REQUEST = 200;

export function toBlob(parts: readonly DataView[], type: string): Blob {
  return new Blob(parts as readonly DataView<ArrayBuffer>[] as DataView<ArrayBuffer>[], { type });
}

/** A small file as a data URL. */
export function dataUrl({ buffer, byteOffset, byteLength }: DataView, type: string): string {
  let bytes = "";
  // In pieces: a call takes only so many arguments.
  for (let start = 0; start < byteLength; start += 8192) {
    const length = Math.min(8192, byteLength - start);
    bytes += String.fromCharCode(...new Uint8Array(buffer, byteOffset + start, length));
  }
  return `data:${type};base64,${btoa(bytes)}`;
}

/**
 * URLs of thumbnails by position.
 *
 * They are data URLs, each made when its tile is first drawn. For an object URL the page waits for another process of the browser, twice,
 * and that makes scrolling stutter on a machine which is busy making the next results.
 */
export function thumbnailCache(link: KernelLink, source: string, capacity = THUMBNAILS_HELD): WindowCache<string> {
  return new WindowCache({
    capacity,
    chunk: THUMBNAILS_PER_REQUEST,
    async fetch(positions) {
      const { result, buffers } = await link.request("assets.thumbnails", { source, positions });
      const found = new Map<number, () => string>();
      result.items.forEach(({ position, type }, i) => {
        const buffer = buffers[i];
        if (buffer?.byteLength) found.set(position, () => dataUrl(buffer, type));
      });
      return found;
    },
  });
}

/** Records by position; `learn` sees each as it comes. */
export function recordCache(
  link: KernelLink,
  source: string,
  learn: (record: AssetRecord) => void = () => {},
): WindowCache<AssetRecord> {
  return new WindowCache({
    capacity: RECORDS_HELD,
    chunk: RECORDS_PER_REQUEST,
    async fetch(positions) {
      const { result } = await link.request("assets.get", { source, positions });
      result.records.forEach(learn);
      return new Map(result.records.map((record) => [record.position, record]));
    },
  });
}
