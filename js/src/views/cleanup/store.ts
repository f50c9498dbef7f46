/** What the clean-up dialog shows: what could go, and what is in the trash. */

import { signal } from "@preact/signals";
import { IdThumbnails } from "../../state/idThumbnails";
import type { KernelLink } from "../../state/link";
import type { CleanupPreview, TrashRow, TrashRows } from "../../state/wire.gen";

/** Rows that come at a time. */
const PAGE = 60;

export type Possible = { phase: "loading" } | { phase: "here"; found: CleanupPreview } | { phase: "none"; why: string };

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class CleanupStore {
  readonly thumbnails: IdThumbnails;
  /** What keeping only the favorites would do, or why it can't. */
  readonly possible = signal<Possible>({ phase: "loading" });
  /** How much is in the trash; null until that is known. */
  readonly trash = signal<Omit<TrashRows, "rows"> | null>(null);
  readonly rows = signal<readonly TrashRow[]>([]);
  readonly chosen = signal<ReadonlySet<string>>(new Set());
  readonly busy = signal(false);
  readonly problem = signal<string | null>(null);
  /** What was done last, for everybody to read and hear. */
  readonly said = signal("");
  #closed = false;

  constructor(
    readonly link: KernelLink,
    readonly source: string,
  ) {
    this.thumbnails = new IdThumbnails(link);
    void this.look();
  }

  /** Read everything anew. */
  async look(): Promise<void> {
    await Promise.all([this.#preview(), this.more(true)]);
  }

  /** The next rows of the trash, or those from its beginning. */
  async more(anew = false): Promise<void> {
    const start = anew ? 0 : this.rows.peek().length;
    const stop = Math.max(start + PAGE, anew ? this.rows.peek().length : 0);
    try {
      const { result } = await this.link.request("trash.get", { start, stop });
      if (this.#closed) return;
      const { rows, ...sizes } = result;
      this.trash.value = sizes;
      this.rows.value = anew ? rows : [...this.rows.peek(), ...rows];
      const there = new Set(this.rows.peek().map(({ id }) => id));
      this.chosen.value = new Set([...this.chosen.peek()].filter((id) => there.has(id)));
      this.thumbnails.want(this.rows.peek().map(({ id }) => id));
    } catch (error) {
      this.problem.value = messageOf(error);
    }
  }

  choose(id: string): void {
    const next = new Set(this.chosen.peek());
    if (!next.delete(id)) next.add(id);
    this.chosen.value = next;
  }

  /** Do something once at a time, say what came of it, and look again. */
  async act(what: () => Promise<string>): Promise<void> {
    if (this.busy.peek()) return;
    this.busy.value = true;
    this.problem.value = null;
    try {
      this.said.value = await what();
    } catch (error) {
      this.problem.value = messageOf(error);
    }
    await this.look();
    this.busy.value = false;
  }

  close(): void {
    this.#closed = true;
    this.thumbnails.close();
  }

  async #preview(): Promise<void> {
    try {
      const { result } = await this.link.request("cleanup.preview", { source: this.source });
      this.possible.value = { phase: "here", found: result };
    } catch (error) {
      this.possible.value = { phase: "none", why: messageOf(error) };
    }
  }
}
