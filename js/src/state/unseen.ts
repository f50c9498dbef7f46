/**
 * Texts of other people, made safe to look at. What can't be seen, or turns what stands around it, is written as Python writes it: `\x1b`,
 * `\u202e`. `batchgen_widgets/texts.py` does the same, and says which characters these are and why.
 */

const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\0-\b\v\f\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]|\r(?!\n)|(?<![^\0-\u024f\u200c\u200d])[\u200c\u200d]|\p{M}{7,}/gu;

function spell(found: string): string {
  const [one, two, ...more] = found;
  if (more[4]) return `${one}${two}[+${more.length} marks]`;
  const hex = (found.codePointAt(0) ?? 0).toString(16);
  return found === "\r" ? "\\r" : hex[2] ? `\\${found[1] ? "U000" : "u"}${hex}` : `\\x${hex.padStart(2, "0")}`;
}

/** A text as it may be looked at; line breaks and tabs stay. */
export function visible(text: string): string {
  // Most texts are plain, and need no more than this.
  return /[^ -~\n]/.test(text) ? text.replace(UNSEEN, spell) : text;
}
