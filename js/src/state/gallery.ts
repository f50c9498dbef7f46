/** What a gallery of one source holds while it is on show. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { ActiveQuery } from "./activeQuery";
import type { Column, ColumnsSoFar } from "./columns";
import { VariedNames } from "./describe";
import { LateColumns } from "./lateColumns";
import type { KernelLink } from "./link";
import { countMarks, type MarkCounts, Marks } from "./marks";
import { needsColumns, type Rows, withMark } from "./query";
import { Selection } from "./selection";
import { recordCache, thumbnailCache } from "./thumbnails";
import type { WindowCache } from "./windowCache";
import { ASSET_KINDS, type AssetRecord } from "./wire.gen";

export type AssetKind = (typeof ASSET_KINDS)[number];

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((position, i) => position === other[i]);
}

export class GalleryModel {
  readonly marks: Marks;
  readonly selection: Selection;
  readonly query: ActiveQuery;
  /** Parameters, metrics and facts; nothing of them travels until `useColumns`, or a query that looks at them. */
  readonly columns: ColumnsSoFar;
  readonly thumbnails: WindowCache<string>;
  readonly records: WindowCache<AssetRecord>;
  /** The position of the tile that has, or would get, the focus. */
  readonly active = signal(0);
  /** Why the kernel said no to a query or a selection. */
  readonly refusal = signal<string | null>(null);
  /** What the query looks at. */
  readonly rows: Rows;
  /** Positions that meet the query whatever their mark, in its order. */
  readonly matching: ReadonlySignal<readonly number[]>;
  /** How many of those have each mark, by code. */
  readonly matchingCounts: ReadonlySignal<MarkCounts>;
  /** How many there are but for those in the trash. */
  readonly total: ReadonlySignal<number>;
  /** Positions on show, in order. Another array only when it holds something else. */
  readonly shown: ReadonlySignal<readonly number[]>;
  /** Whether the query waits for columns that are still on their way. */
  readonly reading: ReadonlySignal<boolean>;
  readonly #varied = new VariedNames();
  readonly #kinds: ReadonlySignal<DataView>;
  readonly #kept = new Map<string, { close(): void }>();
  readonly #columnsInUse = signal(false);
  readonly #stop: () => void;

  constructor(
    readonly link: KernelLink,
    readonly source: string,
  ) {
    const refused = (why: unknown) => {
      this.refusal.value = why instanceof Error ? why.message : String(why);
    };
    this.marks = new Marks(link, source);
    this.selection = new Selection(link, source, refused);
    this.query = new ActiveQuery(link, source, refused);
    const columns = new LateColumns(link, source);
    this.columns = columns;
    this.thumbnails = thumbnailCache(link, source);
    this.records = recordCache(link, source, (record) => this.#varied.learn(record.params));
    this.#kinds = link.trait("asset_kinds");
    this.rows = new GalleryRows(this.columns, this.marks, this.#kinds);

    const gallery = link.trait("gallery");
    // Another mark filter, and a mark where nothing is sorted or filtered by it, change none of what follows.
    const criteria = computed(() => JSON.stringify({ ...this.query.value.value, mark: null }));
    let before: readonly number[] = [];
    this.reading = computed(() => needsColumns(this.query.value.value) && !this.columns.complete.value);
    this.matching = computed(() => {
      criteria.value;
      const query = this.query.value.peek();
      // What was on show stays there until all rows are here: a list that grows by thousands is of no use.
      if (this.reading.value) return before;
      before = needsColumns(query)
        ? columns.matching(query, this.rows)
        : Array.from({ length: gallery.value.total }, (_, position) => position);
      const trashed = this.marks.trashed.value;
      if (trashed.size) before = before.filter((position) => !trashed.has(position));
      return before;
    });
    this.total = computed(() => gallery.value.total - this.marks.trashed.value.size);
    this.matchingCounts = computed(() => countMarks(this.marks.codes.value, this.matching.value));
    let held: readonly number[] = [];
    this.shown = computed(() => {
      const { mark } = this.query.value.value;
      const next = mark === null ? this.matching.value : withMark(this.matching.value, mark, this.marks.codes.value);
      if (!isSame(held, next)) held = next;
      return held;
    });
    this.#stop = effect(() => {
      gallery.value;
      if (needsColumns(this.query.value.value) || this.#columnsInUse.value) this.columns.need();
    });
  }

  /** Whether nobody takes marks here. */
  get readOnly(): boolean {
    return this.link.trait("gallery").value.read_only === true;
  }

  /** A view needs the columns, from now on. */
  useColumns(): void {
    this.#columnsInUse.value = true;
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

  /** Whether assets differ in more than their seed, as far as is known. */
  get varies(): boolean {
    this.records.version.value;
    return this.#varied.differs;
  }

  /** What a part has for this source; it is made once, and closed with the gallery. */
  keep<T extends { close(): void }>(name: string, make: () => T): T {
    const kept = (this.#kept.get(name) as T | undefined) ?? make();
    this.#kept.set(name, kept);
    return kept;
  }

  close(): void {
    this.#stop();
    this.marks.close();
    this.selection.close();
    this.query.close();
    this.columns.close();
    this.thumbnails.close();
    this.records.close();
    for (const kept of this.#kept.values()) kept.close();
    this.#kept.clear();
  }
}

/** The rows of a gallery, as a query reads them; reading subscribes. */
class GalleryRows implements Rows {
  constructor(
    readonly columns: ColumnsSoFar,
    readonly codes: Marks,
    readonly bytes: ReadonlySignal<DataView>,
  ) {}

  get total(): number {
    return this.columns.loaded.value;
  }

  get all(): readonly Column[] {
    return this.columns.all;
  }

  column(name: string): Column | null {
    return this.columns.column(name);
  }

  kinds(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.bytes.value;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  marks(): Uint8Array {
    return this.codes.codes.value;
  }

  trashed(): ReadonlySet<number> {
    return this.codes.trashed.value;
  }
}
