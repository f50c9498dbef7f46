/** What the page says of itself. */

import { formatBytes, formatCount } from "../state/format";
import { ASSET_KINDS } from "../state/wire.gen";
import { type About, type Contents, decode } from "./data";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const NOUNS = { image: "image", video: "video", audio: "sound" } as const;

type Kind = (typeof ASSET_KINDS)[number];

export function formatDate(seconds: number): string {
  return DATE.format(seconds * 1000);
}

export function countKinds({ kinds }: Pick<About, "kinds">): Record<Kind, number> {
  const counts = { image: 0, video: 0, audio: 0 };
  for (const code of new Uint8Array(decode(kinds).buffer)) counts[ASSET_KINDS[code] ?? "image"] += 1;
  return counts;
}

/** "24 images", "3 images, 2 sounds". */
export function results(about: About): string {
  const counts = countKinds(about);
  return ASSET_KINDS.flatMap((kind) => (counts[kind] ? [formatCount(counts[kind], NOUNS[kind])] : [])).join(", ");
}

/** "28: 24 completed, 4 failed". */
export function tasks({ counts }: About): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).map(([status, count]) => `${formatCount(count)} ${status}`);
  return `${formatCount(total)}: ${parts.join(", ")}`;
}

/** What of the media is in the page, and what was left out. */
export function describeContents(about: About, contents: Contents): string {
  const counts = countKinds(about);
  const left = ASSET_KINDS.reduce((sum, kind) => sum + counts[kind] - contents[kind], -contents.unread);
  const sizes = counts.image ? `, images at up to ${formatCount(contents.image_size)} pixels` : "";
  const whole = left || contents.unread ? "" : "All results are in this page";
  const shown = about.total - left - contents.unread;
  const parts = [`${whole || `${formatCount(shown)} of ${formatCount(about.total, "result")} at full size`}${sizes}.`];
  if (left) {
    const bound = formatBytes(about.max_bytes);
    parts.push(
      `${formatCount(left)} did not fit into ${bound} and ${left === 1 ? "shows" : "show"} as a small picture.`,
    );
  }
  if (contents.unread) parts.push(`${formatCount(contents.unread, "file")} could not be read.`);
  return parts.join(" ");
}
