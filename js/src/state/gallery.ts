/** What a gallery of one source holds while it is on show. */

import type { ReadonlySignal } from "@preact/signals";
import { signal } from "@preact/signals";
import { VariedNames } from "./describe";
import type { KernelLink } from "./link";
import { Marks } from "./marks";
import { recordCache, thumbnailCache } from "./thumbnails";
import type { WindowCache } from "./windowCache";
import { ASSET_KINDS, type AssetRecord } from "./wire.gen";

export type AssetKind = (typeof ASSET_KINDS)[number];

export class GalleryModel {
  readonly marks: Marks;
  readonly thumbnails: WindowCache<string>;
  readonly records: WindowCache<AssetRecord>;
  /** The position of the tile that has, or would get, the focus. */
  readonly active = signal(0);
  readonly #varied = new VariedNames();
  readonly #kinds: ReadonlySignal<DataView>;
  readonly #kept = new Map<string, { close(): void }>();

  constructor(
    readonly link: KernelLink,
    readonly source: string,
  ) {
    this.marks = new Marks(link, source);
    this.thumbnails = thumbnailCache(link, source);
    this.records = recordCache(link, source, (record) => this.#varied.learn(record.params));
    this.#kinds = link.trait("asset_kinds");
  }

  kind(position: number): AssetKind {
    const kinds = this.#kinds.value;
    return ASSET_KINDS[position < kinds.byteLength ? kinds.getUint8(position) : 0] ?? "image";
  }

  /** What tells an asset from its neighbours, in a few words; empty until its record is here. */
  caption(position: number): string {
    const record = this.records.get(position);
    return record ? this.#varied.caption(record.params) : "";
  }

  /** What a part has for this source; it is made once, and closed with the gallery. */
  keep<T extends { close(): void }>(name: string, make: () => T): T {
    const kept = (this.#kept.get(name) as T | undefined) ?? make();
    this.#kept.set(name, kept);
    return kept;
  }

  close(): void {
    this.marks.close();
    this.thumbnails.close();
    this.records.close();
    for (const kept of this.#kept.values()) kept.close();
    this.#kept.clear();
  }
}
