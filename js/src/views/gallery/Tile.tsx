/** One asset in the grid. */

import { useRef } from "preact/hooks";
import { formatDuration } from "../../state/format";
import type { AssetKind } from "../../state/gallery";
import type { Mark } from "../../state/marks";
import type { AssetRecord } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";

interface TileProps {
  position: number;
  column: number;
  kind: AssetKind;
  mark: Mark;
  record: AssetRecord | null | undefined;
  /** The object URL of the thumbnail, null when there is none, undefined while it is on its way. */
  thumbnail: string | null | undefined;
  caption: string;
  size: number;
  active: boolean;
  onOpen: () => void;
  onMark: (mark: "favorite" | "discarded") => void;
  onFocus: () => void;
}

const MARK_WORDS: Record<Mark, string> = { none: "", favorite: ", favorite", discarded: ", discarded" };

/** What is to be read on the tile, then what is to be seen; the picture's own text is with the picture. */
function labelOf({ kind, position, record, caption, mark }: TileProps): string {
  const length = record?.duration ? `${formatDuration(record.duration)} ` : "";
  const media = kind === "image" ? "" : `, ${kind}`;
  return `${length}${caption || `Result ${position}`}${media}${MARK_WORDS[mark]}`;
}

function Picture({ kind, record, thumbnail }: Pick<TileProps, "kind" | "record" | "thumbnail">) {
  // What was here when the tile was drawn does not fade in again on each scroll.
  const arrivedLater = useRef(thumbnail === undefined);
  if (thumbnail) {
    return (
      <img
        class={`bgw-tile-image${arrivedLater.current ? " bgw-is-new" : ""}`}
        src={thumbnail}
        alt={record?.alt ?? ""}
        draggable={false}
        decoding="async"
      />
    );
  }
  return thumbnail === undefined ? (
    <span class="bgw-tile-skeleton" />
  ) : (
    <span class="bgw-tile-none">
      <Icon name={kind} />
    </span>
  );
}

export function Tile(props: TileProps) {
  const { position, column, kind, mark, record, caption, size, active, onOpen, onMark, onFocus } = props;
  // The buttons of the active tile are tab stops; those of the other tiles wait for the pointer.
  const tabIndex = active ? 0 : -1;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useSemanticElements: the grid has the keys for all its tiles, and no table wraps
    <div
      role="gridcell"
      class={`bgw-tile bgw-is-${mark} bgw-is-${kind}`}
      data-position={position}
      aria-colindex={column + 1}
      aria-label={labelOf(props)}
      tabIndex={tabIndex}
      style={{ width: `${size}px` }}
      onFocusIn={onFocus}
      onClick={onOpen}
    >
      <div class="bgw-tile-picture" style={{ height: `${size}px` }}>
        <Picture kind={kind} record={record} thumbnail={props.thumbnail} />
        {kind !== "image" && (
          <span class="bgw-tile-kind">
            <Icon name={kind} />
            {record?.duration ? <span class="bgw-number">{formatDuration(record.duration)} </span> : null}
          </span>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: keeps clicks on the buttons from opening the tile */}
        <div class="bgw-tile-marks" onClick={(event) => event.stopPropagation()}>
          <IconButton
            class="bgw-tile-star"
            icon="star"
            label="Favorite"
            pressed={mark === "favorite"}
            filled={mark === "favorite"}
            tabIndex={tabIndex}
            onClick={() => onMark("favorite")}
          />
          <IconButton
            class="bgw-tile-discard"
            icon="discard"
            label="Discard"
            pressed={mark === "discarded"}
            tabIndex={tabIndex}
            onClick={() => onMark("discarded")}
          />
        </div>
      </div>
      <div class="bgw-tile-caption bgw-number" title={caption}>
        {caption}
      </div>
    </div>
  );
}
