/** The gallery's title and its actions; while something is selected, what can be done with that. */

import { selected } from "../../parts";
import { shorten } from "../../state/describe";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { Button, IconButton } from "../controls";
import type { IconName } from "../icons";
import { Late } from "../late";
import { MenuButton } from "../menu";
import { TOOLS, type Tool } from "./tools";

export const FEWEST_COMPARED = 2;
export const MOST_COMPARED = 9;

const READ_ONLY = "No notebook runs this here. Open the project in one to mark results.";

export interface HeadActions {
  markSelection: (mark: "favorite" | "discarded" | "none") => void;
  trashSelection: () => void;
  compareSelection: () => void;
  selectAll: () => void;
  deselect: () => void;
  review: () => void;
  chooseNext: () => void;
  undo: () => void;
  clearMarks: () => void;
  showShortcuts: () => void;
  openTool: (tool: Tool) => void;
}

export interface HeadProps {
  model: GalleryModel;
  /** In pixels. */
  width: number;
  /** Whether the favorites can say what to make next. */
  canChoose: boolean;
  actions: HeadActions;
}

/** From this width on there is room for words; below the other, only for what matters most. */
const WORDS = 640;
const LEAST = 420;

interface ActionProps {
  icon: IconName;
  label: string;
  wordy: boolean;
  unavailable?: boolean;
  onClick: () => void;
}

export function Action({ icon, label, wordy, unavailable = false, onClick }: ActionProps) {
  return wordy ? (
    <Button icon={icon} kind="quiet" unavailable={unavailable} onClick={onClick}>
      {label}
    </Button>
  ) : (
    <IconButton icon={icon} label={label} unavailable={unavailable} onClick={onClick} />
  );
}

function Counts({ model, least }: { model: GalleryModel; least: boolean }) {
  const { title } = model.link.trait("gallery").value;
  const total = model.total.value;
  const shown = model.shown.value;
  const selected = model.selection.positions.value;
  const parts: string[] = [];
  if (selected.size) {
    const onShow = shown.length < total ? shown.filter((position) => selected.has(position)).length : selected.size;
    parts.push(`${formatCount(selected.size)} selected`);
    if (onShow < selected.size) parts.push(`${formatCount(selected.size - onShow)} of them not shown`);
  } else {
    if (title && !(least && model.readOnly)) parts.push(shorten(title));
    parts.push(
      shown.length < total && !model.reading.value
        ? `${formatCount(shown.length)} of ${formatCount(total, least ? undefined : "result")}`
        : formatCount(total, "result"),
    );
  }
  return <span class="bgw-muted bgw-small bgw-number">{parts.join(" · ")}</span>;
}

export function Head({ model, width, canChoose, actions }: HeadProps) {
  const { undoable, offers } = model.link.trait("gallery").value;
  const { readOnly } = model;
  const total = model.total.value;
  const [unmarked] = model.marks.counts.value;
  const selecting = model.selection.count > 0;
  const wordy = width >= WORDS;
  const least = width < LEAST;
  const marked = unmarked < total;
  const menu = [
    ...(least && canChoose ? [{ label: "Choose next", onSelect: actions.chooseNext }] : []),
    ...TOOLS.filter(({ name }) => offers.includes(name)).map((tool) => ({
      label: tool.label,
      ...(tool.hint && { hint: tool.hint }),
      onSelect: () => actions.openTool(tool),
    })),
    ...(marked && !readOnly
      ? [{ label: "Clear all marks", hint: "Of favorites and of discarded results", onSelect: actions.clearMarks }]
      : []),
    { label: "Keyboard shortcuts", hint: "Or press ?", onSelect: actions.showShortcuts },
  ];
  return (
    <div class={`bgw-panel-head bgw-gallery-head${selecting ? " bgw-is-selecting" : ""}`}>
      <h3 class="bgw-title">Gallery</h3>
      <Counts model={model} least={least} />
      {readOnly && (
        <span class="bgw-read-only bgw-small" title={READ_ONLY}>
          Read only<span class="bgw-sr-only">. {READ_ONLY}</span>
        </span>
      )}
      <span class="bgw-spread" />
      {selecting ? (
        <Late part={selected} link={model.link} what="the actions">
          {({ SelectionActions }) => <SelectionActions model={model} width={width} actions={actions} />}
        </Late>
      ) : (
        <div class="bgw-actions">
          {total > 0 && !readOnly && <Action icon="review" label="Review" wordy={wordy} onClick={actions.review} />}
          {canChoose && !least && <Action icon="next" label="Choose next" wordy={wordy} onClick={actions.chooseNext} />}
          {!readOnly && (
            <Action icon="undo" label="Undo" wordy={wordy} unavailable={!undoable} onClick={actions.undo} />
          )}
          <MenuButton link={model.link} icon="more" label="More" items={menu} />
        </div>
      )}
    </div>
  );
}
