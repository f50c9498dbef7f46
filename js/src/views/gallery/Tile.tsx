/** One asset in the grid. */

import { useComputed } from "@preact/signals";
import { formatDuration } from "../../state/format";
import type { AssetKind, GalleryModel } from "../../state/gallery";
import type { Mark } from "../../state/marks";
import type { AssetRecord } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";
import { MarkButtons } from "./MarkButtons";

export interface TileActions {
  press: (position: number, event: MouseEvent) => void;
  select: (position: number, event: MouseEvent) => void;
  mark: (position: number, mark: "favorite" | "discarded") => void;
  focus: (position: number) => void;
}

interface TileProps {
  model: GalleryModel;
  position: number;
  column: number;
  size: number;
  active: boolean;
  /** The same object each time, so that only tiles that changed are drawn anew. */
  actions: TileActions;
}

const MARK_WORDS: Record<Mark, string> = { none: "", favorite: ", favorite", discarded: ", discarded", trashed: "" };

interface Seen {
  kind: AssetKind;
  record: AssetRecord | null | undefined;
  /** The object URL of the thumbnail, null when there is none, undefined while it is on its way. */
  thumbnail: string | null | undefined;
}

/** What is to be read on the tile, then what is to be seen; the picture's own text is with the picture. */
function labelOf(position: number, { kind, record, thumbnail }: Seen, caption: string, mark: Mark): string {
  const length = record?.duration ? `${formatDuration(record.duration)} ` : "";
  const media = kind === "image" ? "" : `, ${kind}`;
  const lost = record?.missing ? "File missing " : thumbnail === null ? "Can’t be shown " : "";
  return `${lost}${length}${caption || `Result ${position}`}${media}${MARK_WORDS[mark]}`;
}

function Picture({ kind, record, thumbnail }: Seen) {
  if (thumbnail) {
    return <img class="bgw-tile-image" src={thumbnail} alt={record?.alt ?? ""} draggable={false} decoding="async" />;
  }
  return thumbnail === undefined ? (
    <span class="bgw-tile-skeleton" />
  ) : (
    <span class="bgw-tile-none">
      <Icon name={kind} />
      {!record?.missing && <span class="bgw-small">Can’t be shown </span>}
    </span>
  );
}

export function Tile({ model, position, column, size, active, actions }: TileProps) {
  // Each a signal of its own: an arrival or a mark draws the tiles that it is about, not every one on screen.
  const kind = useComputed(() => model.kind(position)).value;
  const mark = useComputed(() => model.marks.of(position)).value;
  const record = useComputed(() => model.records.get(position)).value;
  const thumbnail = useComputed(() => model.thumbnails.get(position)).value;
  const caption = useComputed(() => model.caption(position)).value;
  const selected = useComputed(() => model.selection.has(position)).value;
  // The buttons of the active tile are tab stops; those of the other tiles wait for the pointer.
  const tabIndex = active ? 0 : -1;
  const seen = { kind, record, thumbnail };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useSemanticElements: the grid has the keys for all its tiles, and no table wraps
    <div
      role="gridcell"
      class={`bgw-tile bgw-is-${mark} bgw-is-${kind}${selected ? " bgw-is-selected" : ""}`}
      data-position={position}
      aria-colindex={column + 1}
      aria-label={labelOf(position, seen, caption, mark)}
      aria-selected={selected}
      tabIndex={tabIndex}
      style={{ width: `${size}px` }}
      onFocusIn={() => actions.focus(position)}
      onClick={(event) => actions.press(position, event)}
    >
      <div class="bgw-tile-picture" style={{ height: `${size}px` }}>
        <Picture {...seen} />
        {record?.missing && <span class="bgw-tile-lost bgw-small">File missing </span>}
        {kind !== "image" && (
          <span class="bgw-tile-kind">
            <Icon name={kind} />
            {record?.duration ? <span class="bgw-number">{formatDuration(record.duration)} </span> : null}
          </span>
        )}
        {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: keeps clicks on the buttons from opening the tile */}
        <div class="bgw-tile-marks" onClick={(event) => event.stopPropagation()}>
          <IconButton
            class="bgw-tile-select"
            icon="check"
            label="Select"
            pressed={selected}
            tabIndex={tabIndex}
            onClick={(event) => actions.select(position, event)}
          />
          <MarkButtons
            mark={mark}
            readOnly={model.readOnly}
            tabIndex={tabIndex}
            onMark={(wanted) => actions.mark(position, wanted)}
          />
        </div>
      </div>
      <div class="bgw-tile-caption bgw-number" title={caption}>
        {caption}
      </div>
    </div>
  );
}
