/** How large a picture is, and buttons to change it. */

import { IconButton } from "../controls";
import { FIT, MINUS, PLUS } from "./icons";
import type { Zoom } from "./zoom";

export function ZoomBar({ zoom }: { zoom: Zoom }) {
  const level = zoom.level.value;
  const percent = level === null ? "" : `${Math.round(100 * level)} %`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="bgw-zoom-bar" role="group" aria-label="Zoom">
      <IconButton icon={MINUS} label="Zoom out" onClick={() => zoom.step(false)} />
      <span class="bgw-zoom-level bgw-number bgw-small" aria-live="polite">
        {percent}
      </span>
      <IconButton icon={PLUS} label="Zoom in" onClick={() => zoom.step(true)} />
      <IconButton icon={FIT} label="Fit" pressed={zoom.fits.value} onClick={() => zoom.fit()} />
      <button
        type="button"
        class="bgw-icon-button bgw-zoom-actual"
        aria-label="1:1, one picture pixel for each screen pixel"
        aria-pressed={level !== null && Math.abs(level - 1) < 0.005}
        title="1:1, one picture pixel for each screen pixel"
        onClick={() => zoom.actual()}
      >
        1:1
      </button>
    </div>
  );
}
