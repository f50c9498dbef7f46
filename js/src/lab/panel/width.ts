/**
 * How much room there is: `wide` for a button for each view of a session, `tight` for no words beside the icons.
 */
export type PanelWidth = "wide" | "usual" | "tight";

const WIDE = 330;
const TIGHT = 240;

/** From the width in pixels. `lab-panel.css` changes at the same. */
export function panelWidth(pixels: number): PanelWidth {
  return pixels >= WIDE ? "wide" : pixels >= TIGHT ? "usual" : "tight";
}
