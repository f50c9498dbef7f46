/** One reviewer's marks and notes, on top of the owner's marks. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { formatCount } from "../state/format";
import { ASSET_MARKS } from "../state/wire.gen";
import { type About, decode } from "./data";
import { fileName, LONGEST_NAME, LONGEST_NOTE, makeFile, type ReviewedAsset, readFile } from "./reviewFile";
import { keep, recall } from "./storage";

/** What a reviewer thinks of an asset: a code as in `ASSET_MARKS`, or null where the mark was left as it is. */
interface Opinion {
  code: number | null;
  note: string;
}

type Opinions = ReadonlyMap<number, Opinion>;
type Codes = ReadonlyMap<number, number | null>;

const NAME = "batchgen reviewer";
const NOTHING: Opinion = { code: null, note: "" };

function isOpinion(row: unknown): row is [number, number | null, string] {
  if (!Array.isArray(row)) return false;
  const [position, code, note] = row;
  return Number.isInteger(position) && (code === null || code in ASSET_MARKS) && typeof note === "string";
}

export class Review {
  readonly #about: About;
  readonly #key: string;
  readonly #owners: Uint8Array;
  readonly #places: ReadonlyMap<string, number>;
  readonly #opinions = signal<Opinions>(new Map());
  readonly #saved = signal<Opinions>(this.#opinions.peek());
  /** What each change replaced, the last one at the end. */
  readonly #replaced = signal<readonly Codes[]>([]);
  readonly #stop: () => void;
  readonly #keeps = signal(true);
  /** Empty until the reviewer gave it. */
  readonly name = signal(recall(NAME)?.slice(0, LONGEST_NAME) ?? "");
  /** What the page shows: the reviewer's marks, else the owner's. */
  readonly codes: ReadonlySignal<Uint8Array>;
  readonly undoable: ReadonlySignal<boolean>;
  /** How many assets were touched. */
  readonly count: ReadonlySignal<number>;
  readonly unsaved: ReadonlySignal<boolean>;

  constructor(about: About) {
    this.#about = about;
    this.#key = `batchgen review ${about.page}`;
    this.#owners = new Uint8Array(decode(about.marks).buffer);
    this.#places = new Map(about.ids.map((id, position) => [id, position]));
    this.codes = computed(() => {
      const codes = this.#owners.slice();
      for (const [position, { code }] of this.#opinions.value) if (code !== null) codes[position] = code;
      return codes;
    });
    this.undoable = computed(() => this.#replaced.value.length > 0);
    this.count = computed(() => this.#opinions.value.size);
    this.unsaved = computed(() => this.#opinions.value !== this.#saved.value);
    this.#recall();
    this.#stop = effect(() => this.#keep());
  }

  /** Whether the browser keeps what is not saved. */
  get keeps(): ReadonlySignal<boolean> {
    return this.#keeps;
  }

  rename(name: string): void {
    this.name.value = name.trim().slice(0, LONGEST_NAME);
    keep(NAME, this.name.peek());
  }

  /** Give assets a mark, as one step for undo. */
  mark(positions: Iterable<number>, code: number): void {
    this.#change(new Map([...positions].map((position) => [position, code])));
  }

  clear(): void {
    const codes = this.codes.peek();
    this.mark(
      [...codes.keys()].filter((position) => codes[position]),
      0,
    );
  }

  undo(): void {
    const last = this.#replaced.peek().at(-1);
    if (!last) return;
    this.#replaced.value = this.#replaced.peek().slice(0, -1);
    this.#put(last);
  }

  /** The note on an asset; reading subscribes. */
  noteOn(id: string): string {
    return this.#opinions.value.get(this.#place(id))?.note ?? "";
  }

  note(id: string, text: string): void {
    this.#update([[this.#place(id), { note: text.slice(0, LONGEST_NOTE) }]]);
  }

  /** The file to save. It counts as saved from now on. */
  save(): { name: string; text: string } {
    const marks: ReviewedAsset[] = [...this.#opinions.peek()]
      .sort(([one], [other]) => one - other)
      .map(([position, { code, note }]) => ({ asset: this.#about.ids[position] ?? "", mark: nameOf(code), note }));
    const name = this.name.peek();
    this.#saved.value = this.#opinions.peek();
    return {
      name: fileName(name, this.#about.batch),
      text: `${JSON.stringify(makeFile(this.#about, name, marks), null, 1)}\n`,
    };
  }

  /** Go on with a saved review: its marks and notes, and the reviewer's name. Gives what was done in words; throws where it can't be read. */
  open(text: string): string {
    const { reviewer, marks } = readFile(text, this.#about.batch);
    const known = marks.filter(({ asset }) => this.#places.has(asset));
    // No mark and a note is a note alone; no mark and no note took a mark away.
    const marked = known.filter(({ mark, note }) => mark !== null || !note);
    if (reviewer.trim()) this.rename(reviewer);
    this.#change(new Map(marked.map(({ asset, mark }) => [this.#place(asset), ASSET_MARKS.indexOf(mark ?? "none")])));
    this.#update(known.flatMap(({ asset, note }) => (note ? [[this.#place(asset), { note }] as const] : [])));
    const rest = marks.length - known.length;
    const others = rest ? ` ${formatCount(rest)} more ${rest === 1 ? "is" : "are"} not on this page.` : "";
    return `Opened a review of ${formatCount(known.length, "result")}.${others}`;
  }

  close(): void {
    this.#stop();
  }

  #place(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  #change(codes: Codes): void {
    const before = new Map([...codes.keys()].map((at) => [at, this.#opinions.peek().get(at)?.code ?? null]));
    if ([...codes].every(([at, code]) => before.get(at) === code)) return;
    this.#replaced.value = [...this.#replaced.peek(), before];
    this.#put(codes);
  }

  #put(codes: Codes): void {
    this.#update([...codes].map(([position, code]) => [position, { code }]));
  }

  #update(changes: readonly (readonly [number, Partial<Opinion>])[]): void {
    const next = new Map(this.#opinions.peek());
    for (const [position, change] of changes) {
      const opinion = { ...NOTHING, ...next.get(position), ...change };
      // What a saved file says, the next one has to take back.
      const isNothing = opinion.code === null && !opinion.note && !this.#saved.peek().has(position);
      if (isNothing) next.delete(position);
      else if (position in this.#owners) next.set(position, opinion);
    }
    this.#opinions.value = next;
  }

  #keep(): void {
    const rows = [...this.#opinions.value].map(([position, { code, note }]) => [position, code, note]);
    const isSaved = !this.unsaved.value;
    this.#keeps.value = keep(this.#key, JSON.stringify({ isSaved, rows }));
  }

  #recall(): void {
    try {
      const { isSaved, rows } = JSON.parse(recall(this.#key) ?? "{}");
      if (!Array.isArray(rows)) return;
      this.#update(rows.filter(isOpinion).map(([position, code, note]) => [position, { code, note }]));
      if (isSaved || !rows.length) this.#saved.value = this.#opinions.peek();
    } catch {
      // Somebody else wrote there: the review begins anew.
    }
  }
}

function nameOf(code: number | null): ReviewedAsset["mark"] {
  const name = code === null ? "none" : ASSET_MARKS[code];
  return name === "favorite" || name === "discarded" ? name : null;
}
