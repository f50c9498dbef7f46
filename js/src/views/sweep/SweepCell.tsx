/** One cell: up to four of its results, or why there is none. */

import { useSignal } from "@preact/signals";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { IconButton } from "../controls";
import { Icon, type IconName } from "../icons";
import { DASH, FUNNEL } from "./icons";
import type { CellActions } from "./SweepTable";
import { beside, type Cell, type Emptiness, whyEmpty } from "./table";
import type { SweepTasks } from "./tasks";

/** Where nothing can be pointed at, every cell shows its buttons; elsewhere most cells do without. */
const NO_HOVER = matchMedia("(hover: none)").matches;

/** How many results of a cell are drawn. */
export const MOSAIC = 4;

interface EmptyLook {
  icon: IconName;
  /** What is read in the cell. */
  word: string;
  /** What is said of it. */
  said: string;
}

const EMPTY: Record<Emptiness, EmptyLook> = {
  none: { icon: DASH, word: "", said: "no such combination" },
  filtered: { icon: FUNNEL, word: "Filtered", said: "filtered" },
  running: { icon: "arc", word: "Running", said: "running" },
  queued: { icon: "clock", word: "Waiting", said: "waiting" },
  failed: { icon: "alert", word: "Failed", said: "failed" },
  interrupted: { icon: "pause", word: "Interrupted", said: "interrupted" },
  cancelled: { icon: "close", word: "Cancelled", said: "cancelled" },
  completed: { icon: "check", word: "No media", said: "completed without media" },
};

interface CellProps {
  model: GalleryModel;
  tasks: SweepTasks;
  cell: Cell | undefined;
  number: number;
  row: number;
  column: number;
  /** The places in words, as in "sampler euler, steps 20". */
  place: string;
  /** How many columns of the table are left out before this one. */
  gap: number;
  size: number;
  active: boolean;
  chosen: boolean;
  actions: CellActions;
  onFocus: (row: number, column: number) => void;
}

/** "4 results, 1 favorite, 1 failed" */
function contentsOf({ model, tasks, cell }: CellProps): string {
  if (!cell?.shown.length) {
    const { why, row } = whyEmpty(cell, tasks.statusOf);
    const error = why === "failed" && row !== null ? tasks.errorOf(row) : null;
    return error ? `failed: ${error}` : EMPTY[why].said;
  }
  const { shown } = cell;
  const marks = shown.map((position) => model.marks.of(position));
  const favorites = marks.filter((mark) => mark === "favorite").length;
  const discarded = marks.filter((mark) => mark === "discarded").length;
  const { failed, running, waiting } = beside(cell, tasks.statusOf);
  const kind = model.kind(shown[0] ?? 0);
  const parts = [shown.length > 1 ? formatCount(shown.length, "result") : kind];
  if (favorites) parts.push(shown.length > 1 ? formatCount(favorites, "favorite") : "favorite");
  if (discarded) parts.push(shown.length > 1 ? `${discarded} discarded` : "discarded");
  if (cell.hidden) parts.push(`${cell.hidden} filtered`);
  if (failed) parts.push(`${failed} failed`);
  if (running) parts.push(`${running} running`);
  if (waiting) parts.push(`${waiting} waiting`);
  return parts.join(", ");
}

function Picture({ model, position }: { model: GalleryModel; position: number }) {
  const thumbnail = model.thumbnails.get(position);
  const kind = model.kind(position);
  return (
    <span class={`bgw-sweep-picture bgw-is-${model.marks.of(position)}`}>
      {thumbnail ? (
        <img src={thumbnail} alt="" draggable={false} decoding="async" />
      ) : (
        thumbnail === null && <Icon name={kind} />
      )}
    </span>
  );
}

/** A number on a picture. The cell's label says the same in words, so this is drawn and no text. */
function Count({ text }: { text: number | string }) {
  return <span class="bgw-sweep-count" data-text={text} />;
}

function Mosaic({ model, tasks, cell }: { model: GalleryModel; tasks: SweepTasks; cell: Cell }) {
  const { shown } = cell;
  const { failed, running, waiting } = beside(cell, tasks.statusOf);
  const more = shown.length - MOSAIC;
  const kind = model.kind(shown[0] ?? 0);
  const hasBadges = kind !== "image" || failed + running + waiting > 0 || more > 0;
  return (
    <>
      <span class={`bgw-sweep-mosaic bgw-of-${Math.min(MOSAIC, shown.length)}`}>
        {shown.slice(0, MOSAIC).map((position) => (
          <Picture key={position} model={model} position={position} />
        ))}
      </span>
      {hasBadges && (
        <span class="bgw-sweep-badges">
          {kind !== "image" && (
            <span class="bgw-sweep-badge">
              <Icon name={kind} />
            </span>
          )}
          {failed > 0 && (
            <span class="bgw-sweep-badge" title={`${failed} failed`}>
              <Icon name="alert" />
              <Count text={failed} />
            </span>
          )}
          {running + waiting > 0 && (
            <span class="bgw-sweep-badge" title={`${running} running, ${waiting} waiting`}>
              <Icon name={running ? "arc" : "clock"} />
              <Count text={running + waiting} />
            </span>
          )}
          {more > 0 && (
            <span class="bgw-sweep-badge bgw-sweep-more">
              <Count text={`+${more}`} />
            </span>
          )}
        </span>
      )}
    </>
  );
}

function Nothing({ tasks, cell, size }: Pick<CellProps, "tasks" | "cell" | "size">) {
  const { why, row } = whyEmpty(cell, tasks.statusOf);
  const { icon, word } = EMPTY[why];
  const error = why === "failed" && row !== null ? tasks.errorOf(row) : null;
  return (
    <span class={`bgw-sweep-nothing bgw-is-${why}`} title={error ?? undefined} aria-hidden="true">
      <Icon name={icon} />
      {word && <span>{word}</span>}
      {error && size >= 96 && <span class="bgw-sweep-error">{error}</span>}
    </span>
  );
}

export function SweepCell(props: CellProps) {
  const { model, tasks, cell, number, row, column, place, gap, size, active, chosen, actions, onFocus } = props;
  const { shown = [] } = cell ?? {};
  const favorite = shown.length > 0 && shown.every((position) => model.marks.of(position) === "favorite");
  const pointed = useSignal(false);
  const words = `${place}: ${contentsOf(props)}`;
  const tabIndex = active ? 0 : -1;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useSemanticElements: the grid has the keys for all its cells, and a table can't be drawn in part
    <div
      role="gridcell"
      class={`bgw-sweep-cell${shown.length ? "" : " bgw-is-empty"}`}
      data-row={row}
      data-column={column}
      aria-colindex={column + 2}
      aria-label={shown.length ? words : undefined}
      aria-selected={chosen}
      tabIndex={tabIndex}
      style={{ width: `${size}px`, height: `${size}px`, marginLeft: `${gap}px` }}
      onFocusIn={() => onFocus(row, column)}
      onPointerEnter={() => {
        pointed.value = true;
      }}
      onPointerLeave={() => {
        pointed.value = false;
      }}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) actions.choose(number);
        else if (cell) actions.open(cell);
      }}
    >
      {cell && shown.length ? (
        <>
          <Mosaic model={model} tasks={tasks} cell={cell} />
          {(active || chosen || favorite || pointed.value || NO_HOVER) && (
            // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: keeps clicks on the buttons from opening the cell
            <div class="bgw-tile-marks" onClick={(event) => event.stopPropagation()}>
              <IconButton
                class="bgw-tile-select"
                icon="check"
                label="Compare this cell"
                pressed={chosen}
                tabIndex={tabIndex}
                onClick={() => actions.choose(number)}
              />
              {!model.readOnly && (
                <IconButton
                  class="bgw-tile-star"
                  icon="star"
                  label={shown.length > 1 ? "All favorites" : "Favorite"}
                  filled={favorite}
                  pressed={favorite}
                  tabIndex={tabIndex}
                  onClick={() => actions.mark(cell, "favorite")}
                />
              )}
            </div>
          )}
        </>
      ) : (
        <>
          <span class="bgw-sr-only">{words}</span>
          <Nothing tasks={tasks} cell={cell} size={size} />
        </>
      )}
    </div>
  );
}
