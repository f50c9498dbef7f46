/** Copy text also where the page may not use the clipboard API, as in frames and on plain http. */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, near);
  }
}

/** The field stands beside `near`: in an open modal dialog nothing outside of it can be selected. */
function copyBySelection(text: string, near: HTMLElement): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "bgw-sr-only";
  field.setAttribute("aria-hidden", "true");
  near.after(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
    near.focus();
  }
}
