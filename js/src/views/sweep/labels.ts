/** What tells labels apart that begin alike. */

/** Fewer letters than this are left where they are. */
const LONG = 18;

/** Labels without the words that all of them begin with, where those are many. */
export function shortLabels(labels: readonly string[]): string[] {
  const words = labels.map((label) => label.split(" "));
  const [first = []] = words;
  let alike = 0;
  while (alike < first.length && words.every((each) => each[alike] === first[alike])) alike += 1;
  if (labels.length < 2 || first.slice(0, alike).join(" ").length < LONG) return [...labels];
  return words.map((each) => ["…", ...each.slice(alike)].join(" "));
}
