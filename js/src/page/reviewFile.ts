/** A review as a file: what a reviewer touched, and nothing else. */

export const MAX_BYTES = 5_000_000;
export const LONGEST_NAME = 80;
export const LONGEST_NOTE = 2000;

const FORMAT = "batchgen-review";
const VERSION = 1;

export interface ReviewedAsset {
  asset: string;
  mark: "favorite" | "discarded" | null;
  note: string;
}

export interface ReviewFile {
  format: typeof FORMAT;
  version: typeof VERSION;
  reviewer: string;
  batch: string;
  title: string;
  made_at: string;
  marks: ReviewedAsset[];
}

export function makeFile(
  { batch, title }: { batch: string; title: string },
  reviewer: string,
  marks: ReviewedAsset[],
): ReviewFile {
  return { format: FORMAT, version: VERSION, reviewer, batch, title, made_at: new Date().toISOString(), marks };
}

/** What the file is called: letters and digits of the name, whatever the language. */
export function fileName(reviewer: string, batch: string): string {
  const plain = reviewer
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 40)
    .replace(/^-|-$/g, "");
  return `review-${plain || "reviewer"}-${batch.replace(/[^\w.-]+/g, "-")}.json`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readAsset(value: unknown): ReviewedAsset | null {
  if (!isRecord(value) || typeof value["asset"] !== "string") return null;
  const { asset, mark = null, note = "" } = value;
  if (mark !== null && mark !== "favorite" && mark !== "discarded") return null;
  if (typeof note !== "string") return null;
  return { asset, mark, note: note.slice(0, LONGEST_NOTE) };
}

/** Read a saved review of a batch. Throws an error that says to people what is wrong with it. */
export function readFile(text: string, batch: string): Pick<ReviewFile, "reviewer" | "marks"> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = null;
  }
  if (!isRecord(found) || found["format"] !== FORMAT) {
    throw new Error("This is no saved review. Choose a file that “Save review” has written.");
  }
  if (found["version"] !== VERSION) {
    throw new Error("This review was saved by a newer page. Open it in that one.");
  }
  if (found["batch"] !== batch) {
    throw new Error(`This review is of another batch, ${String(found["batch"]).slice(0, 80)}.`);
  }
  const { reviewer, marks } = found;
  const read = Array.isArray(marks) ? marks.map(readAsset) : [null];
  if (typeof reviewer !== "string" || read.includes(null)) {
    throw new Error("This review is damaged: some of its marks can’t be read.");
  }
  return { reviewer: reviewer.slice(0, LONGEST_NAME), marks: read.filter((one) => one !== null) };
}
