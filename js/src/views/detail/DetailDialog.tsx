/** One asset at a time, large, with all that is known about it. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { mediaOf } from "../../state/media";
import { IconButton, Notice } from "../controls";
import { useUniqueId } from "../ids";
import { download, downloadName } from "./download";
import { Facts } from "./Facts";
import { DOWNLOAD, NEXT, PREVIOUS } from "./icons";
import { Stage } from "./Stage";

interface DetailDialogProps {
  model: GalleryModel;
  /** The assets to leaf through, as they were on show when the dialog opened. */
  positions: readonly number[];
  start: number;
  actions: { mark: (position: number, mark: "favorite" | "discarded") => void; undo: () => void };
  /** Called with the position that was on show last. */
  onClose: (position: number) => void;
}

/** The browser's player uses the arrow keys itself. */
function isPlayer(target: EventTarget | null): boolean {
  return target instanceof HTMLMediaElement;
}

export function DetailDialog({ model, positions, start, actions, onClose }: DetailDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useUniqueId();
  const at = useSignal(start);
  const tries = useSignal(0);
  const said = useSignal("");
  const saving = useSignal(false);
  const problem = useSignal<string | null>(null);
  const position = positions[at.value] ?? 0;
  const files = mediaOf(model);
  const media = useMemo(() => files.open(position), [files, position, tries.value]).value;
  const record = model.records.get(position);
  const thumbnail = model.thumbnails.get(position);
  const mark = model.marks.of(position);

  useLayoutEffect(() => {
    ref.current?.showModal();
    ref.current?.focus();
  }, []);
  useEffect(() => {
    // The one on show and its neighbours: leafing on shows the next thumbnail at once.
    const near = [position, positions[at.value + 1], positions[at.value - 1]].filter((one) => one !== undefined);
    model.records.want(near);
    model.thumbnails.want(near);
  }, [model, position]);

  const move = (by: number) => {
    at.value = Math.min(positions.length - 1, Math.max(0, at.peek() + by));
  };
  const save = async () => {
    if (!record) return;
    saving.value = true;
    problem.value = null;
    try {
      // What is on show may be a smaller copy; the file itself carries how it was made.
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
    if (event.altKey || event.ctrlKey || event.metaKey || isPlayer(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "ArrowRight") move(1);
    else if (key === "ArrowLeft") move(-1);
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
          <IconButton
            class="bgw-tile-star"
            icon="star"
            label="Favorite"
            pressed={mark === "favorite"}
            filled={mark === "favorite"}
            onClick={() => actions.mark(position, "favorite")}
          />
          <IconButton
            class="bgw-tile-discard"
            icon="discard"
            label="Discard"
            pressed={mark === "discarded"}
            onClick={() => actions.mark(position, "discarded")}
          />
          <IconButton
            icon={DOWNLOAD}
            label="Download"
            unavailable={!record || saving.value}
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
          <div class="bgw-dialog-stage">
            <Stage
              key={position}
              kind={model.kind(position)}
              record={record}
              thumbnail={thumbnail}
              media={media}
              onRetry={() => {
                files.retry(position);
                tries.value += 1;
              }}
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
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keyboard */}
          <section class="bgw-facts" tabIndex={0} aria-label="Details">
            {record ? (
              <Facts
                record={record}
                onCopied={(text) => {
                  said.value = text;
                }}
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
