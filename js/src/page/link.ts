/** The link of a page: what a kernel would say and answer, from what the page carries. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type KernelLink, type Method, type Reply, RequestError, type Traits } from "../state/link";
import { PageShelf } from "../state/pageShelf";
import { ASSET_MARKS, type AssetRecord, type Columns, type GalleryTraits, type Requests } from "../state/wire.gen";
import { decode, type PackedColumns, type PageData } from "./data";
import type { Review } from "./review";

/** What the page calls its one list of assets. */
export const SOURCE = "list";

const RECORDS_PER_NODE = 100;
const ROWS_PER_NODE = 2000;

type Answers = {
  [M in Method]?: (params: Requests[M]["params"]) => Reply<M> | Promise<Reply<M>>;
};

function bytesOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const NOTHING = signal(null);
const DONE = { result: {}, buffers: [] };

export class PageLink implements KernelLink {
  readonly #data: PageData;
  readonly #review: Review;
  readonly #records = new Map<number, Promise<AssetRecord[] | null>>();
  readonly #traits: { [K in keyof GalleryTraits]: ReadonlySignal<GalleryTraits[K]> };
  readonly #answers: Answers;

  constructor(data: PageData, review: Review) {
    this.#data = data;
    this.#review = review;
    const { total, kinds } = data.about;
    const shelf = new PageShelf(signal(total));
    this.#traits = {
      gallery: computed(() => ({ source: SOURCE, title: "", total, undoable: review.undoable.value, offers: [] })),
      asset_kinds: signal(decode(kinds)),
      asset_marks: computed(() => bytesOf(review.codes.value)),
      asset_selected: shelf.selected,
      query: shelf.query,
    };
    this.#answers = {
      "assets.get": (params) => this.#getRecords(params),
      "assets.thumbnails": (params) => this.#getThumbnails(params),
      "assets.media": (params) => this.#getMedia(params),
      "assets.columns": ({ start }) => this.#getColumns("columns", start),
      "cells.get": ({ start }) => this.#getColumns("cells", start),
      "assets.mark": ({ positions, mark }) => {
        this.#review.mark(positions, ASSET_MARKS.indexOf(mark ?? "none"));
        return DONE;
      },
      "assets.clear_marks": () => {
        this.#review.clear();
        return DONE;
      },
      "assets.undo": () => {
        this.#review.undo();
        return DONE;
      },
      "assets.select": (params) => shelf.select(params),
      "query.set": (params) => shelf.show(params),
    };
  }

  trait<K extends keyof Traits>(key: K): ReadonlySignal<Traits[K]> {
    // There is no session: the views take that as they do in a gallery on its own.
    return (this.#traits[key as keyof GalleryTraits] ?? NOTHING) as ReadonlySignal<Traits[K]>;
  }

  async request<M extends Method>(method: M, params: Requests[M]["params"]): Promise<Reply<M>> {
    const answer = this.#answers[method];
    if (!answer) throw new RequestError("Unknown", "This needs the notebook that the page was made in.");
    return answer(params);
  }

  async #getRecords({ positions }: Requests["assets.get"]["params"]): Promise<Reply<"assets.get">> {
    // The first and the last come along: what differs between them is known before a person has scrolled through all.
    const more = new Set([...positions, 0, this.#data.about.total - 1]);
    const found = await Promise.all([...more].map((position) => this.#record(position)));
    return { result: { records: found.filter((record) => record !== undefined) }, buffers: [] };
  }

  async #record(position: number): Promise<AssetRecord | undefined> {
    const node = Math.floor(position / RECORDS_PER_NODE);
    let records = this.#records.get(node);
    if (!records) {
      records = this.#data.value<AssetRecord[]>(`records-${node}`);
      this.#records.set(node, records);
    }
    return (await records)?.[position % RECORDS_PER_NODE];
  }

  async #getThumbnails({ positions }: Requests["assets.thumbnails"]["params"]): Promise<Reply<"assets.thumbnails">> {
    const found = await Promise.all(positions.map((position) => this.#data.bytes(`thumbnail-${position}`)));
    const items = positions.map((position, i) => ({ position, type: found[i]?.type ?? "" }));
    return { result: { items }, buffers: found.map((one) => one?.bytes ?? new DataView(new ArrayBuffer(0))) };
  }

  async #getMedia({ position, offset, original }: Requests["assets.media"]["params"]): Promise<Reply<"assets.media">> {
    const found = await this.#data.bytes(`medium-${position}`);
    if (!found) throw new RequestError("Absent", "Full size not in this page");
    const { bytes, type } = found;
    if (original && (await this.#record(position))?.file_size !== bytes.byteLength) {
      throw new RequestError("Absent", "Only a copy is in this page");
    }
    const rest = new DataView(bytes.buffer, Math.min(offset, bytes.byteLength));
    return { result: { size: bytes.byteLength, type, offset, next: null }, buffers: [rest] };
  }

  async #getColumns(kind: "columns" | "cells", start: number): Promise<{ result: Columns; buffers: DataView[] }> {
    const found = await this.#data.value<PackedColumns>(`${kind}-${start / ROWS_PER_NODE}`);
    if (!found) throw new RequestError("Absent", "This page has no more rows.");
    return { result: found.reply, buffers: found.buffers.map(decode) };
  }
}
