/** Which asset a pane shows, and what can be done with it. */

import type { GalleryModel } from "../../state/gallery";
import { IconButton } from "../controls";
import type { Actions } from "../gallery/actions";
import { MarkButtons } from "../gallery/MarkButtons";
import { Icon } from "../icons";
import { SOUND } from "../viewing/icons";
import { FIRST } from "./icons";

interface PaneHeadProps {
  model: GalleryModel;
  position: number;
  /** Its place among those that are compared, from 1. */
  number: number;
  /** Whether it is the one of several that is heard. */
  heard: boolean;
  actions: Actions;
  /** Null where there is nothing to do. */
  onFirst: (() => void) | null;
  onRemove: (() => void) | null;
}

export function captionOf(model: GalleryModel, position: number): string {
  return model.caption(position) || `Result ${position}`;
}

export function PaneHead({ model, position, number, heard, actions, onFirst, onRemove }: PaneHeadProps) {
  const mark = model.marks.of(position);
  const caption = captionOf(model, position);
  return (
    <div class="bgw-pane-head">
      <span class="bgw-compare-number" aria-hidden="true">
        {number}
      </span>
      {heard && (
        <span class="bgw-pane-heard" title="This one is heard">
          <Icon name={SOUND} />
        </span>
      )}
      <span class="bgw-pane-caption bgw-small bgw-number" title={caption}>
        {caption}
      </span>
      <MarkButtons
        mark={mark}
        readOnly={model.readOnly}
        of={` ${number}`}
        onMark={(wanted) => actions.mark(position, wanted)}
      />
      {onFirst && (
        <IconButton class="bgw-pane-first" icon={FIRST} label={`Make ${number} the first`} onClick={onFirst} />
      )}
      {onRemove && <IconButton icon="close" label={`Remove ${number} from the comparison`} onClick={onRemove} />}
    </div>
  );
}
