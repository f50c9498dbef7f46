/** The columns of the assets of a source, and what finds by them: both come with the filters, when they are first needed. */

import { computed, signal } from "@preact/signals";
import { filters } from "../parts";
import type { Column, ColumnsSoFar, Group } from "./columns";
import type { KernelLink } from "./link";
import type { Query, Rows } from "./query";

interface Finding {
  columns: ColumnsSoFar;
  matchingPositions: (query: Query, rows: Rows) => readonly number[];
}

export class LateColumns implements ColumnsSoFar {
  readonly #link: KernelLink;
  readonly #source: string;
  readonly #finding = signal<Finding | null>(null);
  readonly #failure = signal<string | null>(null);
  #coming = false;
  #closed = false;
  readonly loaded = computed(() => this.#finding.value?.columns.loaded.value ?? 0);
  readonly complete = computed(() => this.#finding.value?.columns.complete.value ?? false);
  readonly problem = computed(() => this.#failure.value ?? this.#finding.value?.columns.problem.value ?? null);

  constructor(link: KernelLink, source: string) {
    this.#link = link;
    this.#source = source;
  }

  get all(): Column[] {
    return this.#finding.value?.columns.all ?? [];
  }

  column(name: string): Column | null {
    return this.#finding.value?.columns.column(name) ?? null;
  }

  get(group: Group, name: string): Column | null {
    return this.#finding.value?.columns.get(group, name) ?? null;
  }

  /** Positions that meet a query whatever their mark, in its order; none before the columns are here. */
  matching(query: Query, rows: Rows): readonly number[] {
    return this.#finding.value?.matchingPositions(query, rows) ?? [];
  }

  need(): void {
    const finding = this.#finding.peek();
    if (finding) finding.columns.need();
    else if (!this.#coming && !this.#failure.peek()) void this.#load(false);
  }

  retry(): void {
    const failed = this.#failure.peek() !== null;
    this.#failure.value = null;
    if (failed) void this.#load(true);
    else this.#finding.peek()?.columns.retry();
  }

  close(): void {
    this.#closed = true;
    this.#finding.peek()?.columns.close();
  }

  async #load(again: boolean): Promise<void> {
    this.#coming = true;
    try {
      const { assetColumns, matchingPositions } = filters.ready ?? (await filters.load(this.#link, again));
      if (this.#closed) return;
      const columns = assetColumns(this.#link, this.#source);
      this.#finding.value = { columns, matchingPositions };
      columns.need();
    } catch (error) {
      this.#failure.value = error instanceof Error ? error.message : String(error);
    } finally {
      this.#coming = false;
    }
  }
}
