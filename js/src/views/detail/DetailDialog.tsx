/** One asset at a time, large, with all that is known about it. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { mediaOf } from "../../state/media";
import type { GeneratorSpec } from "../../state/wire.gen";
import { IconButton, Notice } from "../controls";
import type { Actions } from "../gallery/actions";
import { MarkButtons } from "../gallery/MarkButtons";
import { useUniqueId } from "../ids";
import { keyOf, takesKey } from "../viewing/keys";
import { Medium } from "../viewing/Medium";
import { Playhead, playByKey } from "../viewing/playhead";
import { Transport } from "../viewing/Transport";
import { ZoomBar } from "../viewing/ZoomBar";
import { Zoom, zoomByKey } from "../viewing/zoom";
import { download, downloadName } from "./download";
import { EXTRAS } from "./extras";
import { Facts } from "./Facts";
import { DOWNLOAD, NEXT, PREVIOUS } from "./icons";
import { LineageLink, offersLineage } from "./LineageLink";
import { MakeAgain } from "./MakeAgain";
import { Reviewed } from "./Reviewed";
import { UseSettings } from "./UseSettings";

interface DetailDialogProps {
  model: GalleryModel;
  /** The assets to leaf through, as they were on show when the dialog opened. */
  positions: readonly number[];
  start: number;
  actions: Actions;
  /** Whether there is a config panel that can take over the settings of an asset. */
  canUse?: boolean;
  /** Called with the position that was on show last. */
  onClose: (position: number) => void;
}

/** Small pictures are shown larger, but not without end. */
const SMALLEST_LIMIT = 640;

/** What the seed is called. */
function seedName(model: GalleryModel): string {
  // A gallery on its own has no generator: its model knows no such trait.
  const generator = model.link.trait("generator").value as GeneratorSpec | null | undefined;
  return generator?.parameters.find(({ role }) => role === "seed")?.name ?? "seed";
}

export function DetailDialog({ model, positions, start, actions, canUse = false, onClose }: DetailDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useUniqueId();
  const at = useSignal(start);
  const said = useSignal("");
  const saving = useSignal(false);
  const problem = useSignal<string | null>(null);
  /** The result whose lineage is open. */
  const relatives = useSignal<string | null>(null);
  const zoom = useMemo(() => new Zoom(), []);
  const playhead = useMemo(() => new Playhead(), []);
  const position = positions[at.value] ?? 0;
  const files = mediaOf(model);
  const record = model.records.get(position);
  const kind = model.kind(position);
  const mark = model.marks.of(position);
  const isAbsent = files.state(position).value.phase === "absent";
  const seed = seedName(model);
  const { offers } = model.link.trait("gallery").value;
  const { readOnly } = model;

  useLayoutEffect(() => {
    ref.current?.showModal();
    ref.current?.focus();
    return () => playhead.close();
  }, []);
  useEffect(() => {
    // The one on show and its neighbours: leafing on shows the next thumbnail at once.
    const near = [position, positions[at.value + 1], positions[at.value - 1]].filter((one) => one !== undefined);
    model.records.want(near);
    // Reviews come in, and files get lost, without a word to the gallery.
    model.records.renew([position]);
    model.thumbnails.want(near);
  }, [model, position]);

  const goTo = (next: number) => {
    const index = Math.min(positions.length - 1, Math.max(0, next));
    if (index === at.peek()) return;
    zoom.fit();
    playhead.pause();
    playhead.seek(0);
    at.value = index;
  };
  const move = (by: number) => goTo(at.peek() + by);
  const save = async () => {
    if (!record) return;
    saving.value = true;
    problem.value = null;
    try {
      // What is on show may be a smaller copy; the file itself carries how it was made.
      const media = files.state(position).peek();
      const whole = media.phase === "ready" && media.size === record.file_size;
      const { url, type } = whole ? media : await files.original(position);
      download(url, downloadName(record.name, type));
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
    saving.value = false;
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDialogElement>) => {
    // The page behind, and JupyterLab's shortcuts, have no part in this; Escape is the browser's.
    event.stopPropagation();
    if (event.altKey || event.ctrlKey || event.metaKey || takesKey(event)) return;
    const key = keyOf(event);
    if (kind !== "audio" && zoomByKey(zoom, key)) event.preventDefault();
    else if (playByKey(playhead, key)) event.preventDefault();
    else if (key === "ArrowRight" || key === "]" || key === "PageDown") move(1);
    else if (key === "ArrowLeft" || key === "[" || key === "PageUp") move(-1);
    else if (readOnly) return;
    else if (key === "f") actions.mark(position, "favorite");
    else if (key === "x") actions.mark(position, "discarded");
    else if (key === "u") actions.undo();
    else return;
    event.preventDefault();
  };

  return (
    <dialog
      class="bgw-dialog"
      ref={ref}
      tabIndex={-1}
      aria-labelledby={titleId}
      onClose={() => onClose(position)}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      <div class="bgw-dialog-frame">
        <header class="bgw-dialog-head">
          <h3 class="bgw-title bgw-dialog-title" id={titleId}>
            {record?.name ?? `Result ${position}`}
          </h3>
          <span class="bgw-muted bgw-small bgw-number bgw-dialog-place" aria-live="polite">
            {formatCount(at.value + 1)} of {formatCount(positions.length)}
          </span>
          <span class="bgw-spread" />
          <MarkButtons mark={mark} readOnly={readOnly} onMark={(wanted) => actions.mark(position, wanted)} />
          <IconButton
            icon={DOWNLOAD}
            label="Download"
            unavailable={!record || saving.value || isAbsent}
            onClick={() => void save()}
          />
          <span class="bgw-dialog-rule" />
          <IconButton icon="close" label="Close" onClick={() => ref.current?.close()} />
        </header>
        {problem.value && (
          <div class="bgw-dialog-problem">
            <Notice
              onClose={() => {
                problem.value = null;
              }}
            >
              The file could not be downloaded: {problem.value}
            </Notice>
          </div>
        )}
        <div class="bgw-dialog-body">
          <div class="bgw-dialog-media">
            <div class="bgw-dialog-stage">
              <Medium
                key={position}
                model={model}
                position={position}
                zoom={zoom}
                playhead={playhead}
                limit={SMALLEST_LIMIT}
              />
              <IconButton
                class="bgw-leaf bgw-leaf-back"
                icon={PREVIOUS}
                label="Previous"
                unavailable={at.value === 0}
                onClick={() => move(-1)}
              />
              <IconButton
                class="bgw-leaf bgw-leaf-on"
                icon={NEXT}
                label="Next"
                unavailable={at.value === positions.length - 1}
                onClick={() => move(1)}
              />
            </div>
            <div class="bgw-dialog-tools">
              {kind !== "image" && !isAbsent && <Transport playhead={playhead} />}
              {kind !== "audio" && <ZoomBar zoom={zoom} />}
            </div>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keyboard */}
          <section class="bgw-facts" data-scrolls tabIndex={0} aria-label="Details">
            {canUse && record && <UseSettings model={model} position={position} hasSeed={seed in record.params} />}
            {record && offers.includes("reproduce") && (
              <MakeAgain key={record.id} link={model.link} source={model.source} position={position} />
            )}
            {record && <LineageLink key={`lineage ${record.id}`} model={model} asset={record.id} opened={relatives} />}
            {record && EXTRAS.map((Extra) => <Extra key={record.id} model={model} record={record} />)}
            {record && <Reviewed record={record} />}
            {record ? (
              <Facts
                record={record}
                seed={seed}
                onCopied={(text) => {
                  said.value = text;
                }}
                canShow={(parent) => positions.includes(parent)}
                onShow={(parent) => goTo(positions.indexOf(parent))}
                {...(offersLineage(model) && {
                  onFollow: (parent: string) => {
                    relatives.value = parent;
                  },
                })}
              />
            ) : (
              <p class="bgw-muted">{record === null ? "There is no record of this result." : "Loading"}</p>
            )}
          </section>
        </div>
        <p class="bgw-sr-only" aria-live="polite">
          {said}
        </p>
      </div>
    </dialog>
  );
}
