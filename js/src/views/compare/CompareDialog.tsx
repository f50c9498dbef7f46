/** Two to nine assets at once, with one zoom, one pan and one playhead. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { IconButton } from "../controls";
import type { Actions } from "../gallery/actions";
import { useUniqueId } from "../ids";
import { useScrollArea } from "../scrolling";
import { Segments } from "../segments";
import { keyOf, takesKey } from "../viewing/keys";
import { Medium } from "../viewing/Medium";
import { Playhead, playByKey } from "../viewing/playhead";
import { Transport } from "../viewing/Transport";
import { ZoomBar } from "../viewing/ZoomBar";
import { Zoom, zoomByKey } from "../viewing/zoom";
import { DifferencePane } from "./DifferencePane";
import { FactsTable } from "./FactsTable";
import { SWAP } from "./icons";
import { columnsFor } from "./layout";
import { captionOf, PaneHead } from "./PaneHead";
import { Swipe } from "./Swipe";

interface CompareDialogProps {
  model: GalleryModel;
  /** Two to nine assets. */
  positions: readonly number[];
  actions: Actions;
  onClose: () => void;
}

type Mode = "grid" | "swipe" | "difference";

const MOST = 9;
/** How many times brighter differences can be shown. */
const GAINS = [1, 2, 4, 8, 16, 32];
/** A waveform is seen best in a wide pane. */
const SOUND_SHAPE = 4;
/** With so few there is room for what differs beside them. */
const FEW = 3;

const MARK_WORDS = { none: "", favorite: ", favorite", discarded: ", discarded", trashed: ", in the trash" } as const;

function modesOf(model: GalleryModel, order: readonly number[]): { value: Mode; label: string }[] {
  const kinds = order.map((position) => model.kind(position));
  const modes: { value: Mode; label: string }[] = [{ value: "grid", label: "Side by side" }];
  if (order.length === 2 && kinds[0] === kinds[1] && kinds[0] !== "audio") {
    modes.push({ value: "swipe", label: "Swipe" });
  }
  if (kinds.every((kind) => kind === "image")) modes.push({ value: "difference", label: "Difference" });
  return modes;
}

/** The shape of the pictures, width by height: their average. */
function shapeOf(model: GalleryModel, order: readonly number[]): number {
  const logs = order.map((position) => {
    const record = model.records.get(position);
    if (model.kind(position) === "audio") return Math.log(SOUND_SHAPE);
    return record?.width && record.height ? Math.log(record.width / record.height) : 0;
  });
  return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

export function CompareDialog({ model, positions, actions, onClose }: CompareDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useUniqueId();
  const gainId = useUniqueId();
  const order = useSignal<readonly number[]>(positions.slice(0, MOST));
  const current = useSignal(order.peek()[0] ?? 0);
  const chosen = useSignal<Mode>("grid");
  /** Until a person chooses, differences are as bright as they can be without being cut. */
  const chosenGain = useSignal<number | null>(null);
  const largest = useSignal(0);
  const said = useSignal("");
  const zoom = useMemo(() => new Zoom(), []);
  const playhead = useMemo(() => new Playhead(), []);
  const area = useScrollArea();
  const assets = order.value;
  const modes = modesOf(model, assets);
  const mode = modes.some(({ value }) => value === chosen.value) ? chosen.value : "grid";
  const gain =
    chosenGain.value ??
    Math.max(
      0,
      GAINS.findLastIndex((times) => times * largest.value <= 255),
    );
  const kinds = new Set(assets.map((position) => model.kind(position)));

  useLayoutEffect(() => {
    dialog.current?.showModal();
    dialog.current?.focus();
    return () => playhead.close();
  }, []);
  useEffect(() => {
    model.records.want(assets);
    model.thumbnails.want(assets);
  }, [model, assets]);
  useEffect(() => {
    playhead.heard.value = current.value;
  }, [current.value]);

  const focus = (position: number | undefined) => {
    if (position === undefined) return;
    current.value = position;
    dialog.current?.querySelector<HTMLElement>(`[data-asset="${position}"]`)?.focus();
  };
  const remove = (position: number) => {
    const at = assets.indexOf(position);
    if (assets.length <= 2 || at < 0) return;
    order.value = assets.filter((other) => other !== position);
    said.value = `Removed ${captionOf(model, position)}, ${order.value.length} left`;
    // Its pane goes with its buttons; the one that takes its place has the focus.
    const next = order.value[Math.min(at, order.value.length - 1)];
    if (next !== undefined) current.value = next;
    wantsFocus.current = true;
  };
  const wantsFocus = useRef(false);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    focus(current.peek());
  });
  const makeFirst = (position: number) => {
    order.value = [position, ...assets.filter((other) => other !== position)];
    said.value = `${captionOf(model, position)} is the first`;
  };
  const moveFocus = (by: number) => focus(assets[assets.indexOf(current.peek()) + by]);
  const choose = (wanted: Mode) => {
    if (modes.some(({ value }) => value === wanted)) chosen.value = wanted;
  };
  const actByKey = (key: string): boolean => {
    const number = /^[1-9]$/.test(key) ? Number(key) : null;
    if (number) focus(assets[number - 1]);
    else if (kinds.size > (kinds.has("audio") ? 1 : 0) && zoomByKey(zoom, key)) return true;
    else if (playByKey(playhead, key)) return true;
    else if (key === "g") choose("grid");
    else if (key === "s") choose("swipe");
    else if (key === "d") choose("difference");
    else if (key === "r") makeFirst(current.peek());
    else if (model.readOnly && ["f", "x", "u"].includes(key)) return false;
    else if (key === "f") actions.mark(current.peek(), "favorite");
    else if (key === "x") actions.mark(current.peek(), "discarded");
    else if (key === "u") actions.undo();
    else if (key === "Delete") remove(current.peek());
    else if (key === "ArrowRight") moveFocus(1);
    else if (key === "ArrowLeft") moveFocus(-1);
    else return false;
    return true;
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDialogElement>) => {
    event.stopPropagation();
    if (event.altKey || event.ctrlKey || event.metaKey || takesKey(event)) return;
    if (actByKey(keyOf(event))) event.preventDefault();
  };

  const headOf = (position: number) => (
    <PaneHead
      model={model}
      position={position}
      number={assets.indexOf(position) + 1}
      heard={playhead.count.value > 1 && !playhead.muted.value && current.value === position}
      actions={actions}
      onFirst={position === assets[0] || assets.length === 2 ? null : () => makeFirst(position)}
      onRemove={assets.length > 2 ? () => remove(position) : null}
    />
  );
  /** What makes an element stand for an asset: a number key, or a press, makes it the current one. */
  const standsFor = (position: number) => ({
    role: "group" as const,
    "data-asset": position,
    "data-current": current.value === position || undefined,
    tabIndex: current.value === position ? 0 : -1,
    "aria-label": `${assets.indexOf(position) + 1} of ${assets.length}: ${captionOf(model, position)}${MARK_WORDS[model.marks.of(position)]}`,
    onFocusIn: () => {
      current.value = position;
    },
    onPointerDown: () => {
      current.value = position;
    },
  });
  const mediumOf = (position: number, main: boolean) => (
    <Medium
      key={position}
      model={model}
      position={position}
      zoom={zoom}
      playhead={playhead}
      main={main}
      onPress={() => {}}
    />
  );
  const differenceOf = (position: number, main: boolean) => (
    <DifferencePane
      key={`${assets[0]} ${position}`}
      model={model}
      reference={assets[0] ?? 0}
      position={position}
      zoom={zoom}
      main={main}
      gain={GAINS[gain] ?? 1}
      onFound={(found) => {
        largest.value = Math.max(largest.peek(), found);
      }}
    />
  );
  const [first, second] = assets;
  const stacked =
    first !== undefined && second !== undefined && (mode === "swipe" || (mode === "difference" && assets.length === 2));
  const columns = columnsFor(assets.length, area.width.value, area.height.value, shapeOf(model, assets));

  return (
    <dialog
      class="bgw-dialog"
      ref={dialog}
      tabIndex={-1}
      aria-labelledby={titleId}
      onClose={onClose}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="bgw-dialog-frame">
        <header class="bgw-dialog-head">
          <h3 class="bgw-title bgw-dialog-title bgw-compare-title" id={titleId}>
            Compare {assets.length}
          </h3>
          {modes.length > 1 && (
            <div class="bgw-compare-modes">
              <Segments label="View" options={modes} value={mode} onChange={choose} />
            </div>
          )}
          <span class="bgw-spread" />
          {assets.length === 2 && second !== undefined && (
            <IconButton icon={SWAP} label="Swap" onClick={() => makeFirst(second)} />
          )}
          <span class="bgw-dialog-rule" />
          <IconButton icon="close" label="Close" onClick={() => dialog.current?.close()} />
        </header>
        <div class={`bgw-compare${assets.length > FEW ? " bgw-is-many" : ""}`}>
          <div class="bgw-compare-media">
            {stacked && (
              <div class="bgw-compare-heads">
                {assets.map((position) => (
                  <div key={position} class="bgw-compare-head" {...standsFor(position)}>
                    {headOf(position)}
                  </div>
                ))}
              </div>
            )}
            <div class="bgw-compare-area" ref={area.ref}>
              {stacked ? (
                <div class="bgw-compare-stack">
                  {mode === "swipe" ? (
                    <Swipe left={mediumOf(first, true)} right={mediumOf(second, false)} />
                  ) : (
                    differenceOf(second, true)
                  )}
                </div>
              ) : (
                <div class="bgw-compare-grid" style={{ "--bgw-columns": columns }}>
                  {assets.map((position, at) => (
                    <div key={position} class="bgw-compare-pane" {...standsFor(position)}>
                      {headOf(position)}
                      <div class="bgw-compare-view">
                        {mode === "difference" && at > 0 ? differenceOf(position, false) : mediumOf(position, at === 0)}
                      </div>
                    </div>
                  ))}
                </div>
              )}
            </div>
            <div class="bgw-dialog-tools">
              {playhead.count.value > 0 && <Transport playhead={playhead} />}
              {mode === "difference" && (
                <div class="bgw-compare-gain">
                  <label class="bgw-small" for={gainId}>
                    Brighten
                  </label>
                  <input
                    id={gainId}
                    class="bgw-slider"
                    type="range"
                    style={{ "--bgw-fill": `${(100 * gain) / (GAINS.length - 1)}%` }}
                    min={0}
                    max={GAINS.length - 1}
                    value={gain}
                    aria-valuetext={`${GAINS[gain]} times`}
                    onInput={(event) => {
                      chosenGain.value = event.currentTarget.valueAsNumber;
                    }}
                  />
                  <span class="bgw-small bgw-number bgw-compare-gain-value">{GAINS[gain]}×</span>
                </div>
              )}
              {(kinds.has("image") || kinds.has("video")) && <ZoomBar zoom={zoom} />}
            </div>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls by keyboard */}
          <section class="bgw-compare-facts" data-scrolls tabIndex={0} aria-label="Details">
            <FactsTable records={assets.map((position) => model.records.get(position))} />
          </section>
        </div>
        <p class="bgw-sr-only" aria-live="polite">
          {said}
        </p>
      </div>
    </dialog>
  );
}
