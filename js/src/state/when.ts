/** Moments in words for people, in the local time of the page, written as the browser's person does. */

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const DAY_OF_YEAR = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** "today 2:02 PM", "yesterday 9:30 AM", "Nov 21, 2:02 PM", "Nov 21, 2024, 2:02 PM"; times are epoch seconds. */
export function formatWhen(seconds: number, now = Date.now() / 1000): string {
  const when = new Date(seconds * 1000);
  const today = new Date(now * 1000);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  const time = TIME.format(when);
  if (when.toDateString() === today.toDateString()) return `today ${time}`;
  if (when.toDateString() === yesterday.toDateString()) return `yesterday ${time}`;
  return `${(when.getFullYear() === today.getFullYear() ? DAY : DAY_OF_YEAR).format(when)}, ${time}`;
}

/** "Friday, November 21, 2025 at 2:02:09 PM". */
export function formatMoment(seconds: number): string {
  return FULL.format(seconds * 1000);
}
