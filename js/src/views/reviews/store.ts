/** What reviewers say of the results of a gallery, beside one's own marks. */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { AssetReview, ReviewRow, ReviewTable, ReviewTaken } from "../../state/wire.gen";

export type Only = "all" | "disputed" | "notes";

/** Whose marks to make one's own: one reviewer's, or stars of at least so many. */
export type Choice = { reviewer: string } | { atLeast: number };

type Mark = AssetReview["mark"];

/** As the kernel has it. */
const MOST_BYTES = 5 * 1024 * 1024;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function stars({ reviews }: ReviewRow): number {
  return reviews.filter((one) => one?.mark === "favorite").length;
}

function wordsOf({ reviewer, added, updated, unchanged, unknown }: ReviewTaken): string {
  const words = [added && `${formatCount(added)} new`, updated && `${formatCount(updated)} changed`].filter(Boolean);
  const known = words.length ? words.join(", ") : `nothing new in ${formatCount(unchanged, "mark")}`;
  const others = unknown.length ? `; ${formatCount(unknown.length, "result")} of the file unknown here` : "";
  return `${reviewer}: ${known}${others}.`;
}

export class ReviewsStore {
  /** Null until it is known. */
  readonly table = signal<ReviewTable | null>(null);
  readonly problem = signal<string | null>(null);
  /** What was done last, for everybody to read and hear. */
  readonly said = signal("");
  readonly busy = signal(false);
  readonly only = signal<Only>("all");
  readonly starsFirst = signal(false);
  readonly counts: ReadonlySignal<Record<Only, number>>;
  readonly rows: ReadonlySignal<readonly ReviewRow[]>;
  readonly #model: GalleryModel;
  #closed = false;

  constructor(model: GalleryModel) {
    this.#model = model;
    const all = computed(() => this.table.value?.rows ?? []);
    this.counts = computed(() => ({
      all: all.value.length,
      disputed: all.value.filter((row) => this.isDisputed(row)).length,
      notes: all.value.filter(({ reviews }) => reviews.some((one) => one?.note)).length,
    }));
    this.rows = computed(() => {
      const only = this.only.value;
      const rows = all.value.filter(
        (row) => only === "all" || (only === "disputed" ? this.isDisputed(row) : row.reviews.some((one) => one?.note)),
      );
      return this.starsFirst.value ? [...rows].sort((one, other) => stars(other) - stars(one)) : rows;
    });
    void this.look();
  }

  /** Whether somebody starred it and somebody else discarded it. */
  isDisputed({ position, reviews }: ReviewRow): boolean {
    const voices = new Set<string | null | undefined>([
      this.#model.marks.of(position),
      ...reviews.map((one) => one?.mark),
    ]);
    return voices.has("favorite") && voices.has("discarded");
  }

  async look(): Promise<void> {
    try {
      const { result } = await this.#model.link.request("reviews.get", { source: this.#model.source });
      if (!this.#closed) this.table.value = result;
    } catch (error) {
      this.problem.value = messageOf(error);
    }
  }

  /** Take review files in, one after another; what is wrong with one does not keep out the others. */
  async take(files: Iterable<File>): Promise<void> {
    const done: string[] = [];
    const failed: string[] = [];
    await this.#once(async () => {
      for (const file of files) {
        try {
          if (file.size > MOST_BYTES) throw new Error(`${file.name}: has more than 5 MB, which no review has`);
          const text = await file.text();
          const { result } = await this.#model.link.request("reviews.import", {
            source: this.#model.source,
            name: file.name,
            text,
          });
          done.push(wordsOf(result));
        } catch (error) {
          failed.push(messageOf(error));
        }
      }
      await this.look();
    });
    this.said.value = done.join(" ");
    this.problem.value = failed.length ? failed.join(" ") : null;
  }

  /** How many of one's own marks a choice would change. */
  changes(choice: Choice): number {
    const table = this.table.value;
    if (!table) return 0;
    const wanted = (row: ReviewRow): Mark => {
      if ("atLeast" in choice) return stars(row) >= choice.atLeast ? "favorite" : null;
      return row.reviews[table.reviewers.indexOf(choice.reviewer)]?.mark ?? null;
    };
    return table.rows.filter((row) => {
      const mark = wanted(row);
      return mark !== null && mark !== this.#model.marks.of(row.position);
    }).length;
  }

  async adopt(choice: Choice): Promise<void> {
    await this.#once(async () => {
      try {
        const { result } = await this.#model.link.request("reviews.adopt", {
          source: this.#model.source,
          reviewer: "reviewer" in choice ? choice.reviewer : null,
          at_least: "atLeast" in choice ? choice.atLeast : 1,
        });
        this.said.value = `${formatCount(result.changed, "mark")} of yours changed.`;
        this.problem.value = null;
      } catch (error) {
        this.problem.value = messageOf(error);
      }
    });
  }

  async undo(): Promise<void> {
    await this.#once(async () => {
      try {
        await this.#model.marks.undo();
        this.said.value = "Undone.";
      } catch (error) {
        this.problem.value = messageOf(error);
      }
    });
  }

  async mark(position: number, mark: "favorite" | "discarded"): Promise<void> {
    try {
      await this.#model.marks.toggle(position, mark);
    } catch (error) {
      this.problem.value = messageOf(error);
    }
  }

  close(): void {
    this.#closed = true;
  }

  async #once(what: () => Promise<void>): Promise<void> {
    if (this.busy.peek()) return;
    this.busy.value = true;
    await what();
    this.busy.value = false;
  }
}
