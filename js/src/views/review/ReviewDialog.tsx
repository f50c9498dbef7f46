/** One result at a time, large: keep it, drop it, or leave it for later. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatCount, formatDuration } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { mediaOf } from "../../state/media";
import { Button, IconButton } from "../controls";
import type { Actions } from "../gallery/actions";
import type { IconName } from "../icons";
import { useUniqueId } from "../ids";
import { BACK, COMPARE } from "./icons";
import { nextUnmarked, type Progress, progressOf } from "./progress";
import { ReviewStage } from "./ReviewStage";
import { sideOf, useSwipe } from "./useSwipe";

interface ReviewProps {
  model: GalleryModel;
  /** What is reviewed, in the order of the gallery. */
  positions: readonly number[];
  /** Where in `positions` to begin. */
  start: number;
  actions: Actions;
  /** Called with the position that was on show last. */
  onClose: (position: number) => void;
  /** Compare some results; without it, the end does not offer it. */
  onCompare?: (positions: readonly number[]) => void;
  /** Show what wins; without it, the end does not offer it. */
  onWinners?: () => void;
}

const MOST_TO_COMPARE = 9;

/** A step that can be gone back: where it was, and whether it changed a mark. */
interface Step {
  at: number;
  marked: boolean;
}

type Verdict = "favorite" | "discarded";

const SAID: Record<Verdict, string> = { favorite: "Kept", discarded: "Dropped" };

function inWords({ total, left, kept, dropped }: Progress): string {
  return `${formatCount(left)} of ${formatCount(total)} unmarked left, ${formatCount(kept)} kept, ${formatCount(dropped)} dropped`;
}

interface KeyButtonProps {
  icon: IconName;
  /** The key that does the same. */
  hint: string;
  class?: string;
  unavailable?: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

function KeyButton({ icon, hint, class: extra = "", unavailable = false, onClick, children }: KeyButtonProps) {
  return (
    <Button icon={icon} class={`bgw-review-button ${extra}`} unavailable={unavailable} onClick={onClick}>
      {children}
      <span class="bgw-review-key" aria-hidden="true">
        {hint}
      </span>
    </Button>
  );
}

export function ReviewDialog({ model, positions, start, actions, onClose, onCompare, onWinners }: ReviewProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const player = useRef<HTMLMediaElement>(null);
  const titleId = useUniqueId();
  /** The place on show; `positions.length` is the end. */
  const at = useSignal(Math.min(Math.max(0, start), Math.max(0, positions.length - 1)));
  const last = useRef(at.peek());
  const past = useRef<Step[]>([]);
  const tries = useSignal(0);
  const said = useSignal("");
  const files = mediaOf(model);
  const ended = at.value >= positions.length;
  if (!ended) last.current = at.value;
  const position = positions[last.current] ?? 0;
  const media = files.state(position).value;
  const progress = progressOf(model, positions);
  const mark = model.marks.of(position);
  const ahead = ended ? null : nextUnmarked(model, positions, at.value);

  useLayoutEffect(() => {
    ref.current?.showModal();
    ref.current?.focus();
  }, []);
  useEffect(() => {
    if (ended) return;
    const next = ahead === null ? undefined : positions[ahead];
    const near = [position, next, positions[at.peek() - 1]].filter((one) => one !== undefined);
    model.records.want(near);
    model.thumbnails.want(near);
    const leave = [position, ...(next === undefined ? [] : [next])].map((one) => files.hold(one));
    return () => {
      for (const done of leave) done();
    };
  }, [model, files, position, ahead, ended, tries.value]);
  // What comes next is decoded before it is its turn.
  const nextMedia = ahead === null ? null : files.state(positions[ahead] ?? 0).value;
  const nextUrl = nextMedia?.phase === "ready" && nextMedia.type.startsWith("image/") ? nextMedia.url : null;
  useEffect(() => {
    if (!nextUrl) return;
    const image = new Image();
    image.src = nextUrl;
    // A file that is no picture is told of when it is its turn.
    image.decode().catch(() => {});
  }, [nextUrl]);

  // The end card begins with what to do next; a person who goes back has the keys again.
  const end = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (ended) end.current?.focus();
    else if (!ref.current?.matches(":focus-within")) ref.current?.focus();
  }, [ended]);

  const goOn = (words: string, marked: boolean) => {
    past.current.push({ at: at.peek(), marked });
    const next = nextUnmarked(model, positions, at.peek());
    at.value = next ?? positions.length;
    const now = progressOf(model, positions);
    said.value = next === null ? `${words}. The end: ${inWords(now)}.` : `${words}. ${inWords(now)}.`;
  };
  const decide = (verdict: Verdict) => {
    const decided = positions[at.peek()];
    if (decided === undefined) return;
    const changes = model.marks.of(decided) !== verdict;
    if (changes) actions.mark(decided, verdict);
    goOn(SAID[verdict], changes);
  };
  const skip = () => {
    if (at.peek() < positions.length) goOn("Skipped", false);
  };
  const back = () => {
    const step = past.current.pop();
    const to = step?.at ?? at.peek() - 1;
    if (to < 0) said.value = "This is the first one.";
    else {
      at.value = to;
      said.value = `Back to ${formatCount(to + 1)} of ${formatCount(positions.length)}`;
    }
  };
  const undo = () => {
    const steps = past.current;
    let marked = steps.length - 1;
    while (marked >= 0 && !steps[marked]?.marked) marked -= 1;
    const step = steps[marked];
    if (!step) {
      said.value = "There is nothing to undo in this review.";
      return;
    }
    steps.length = marked;
    actions.undo();
    at.value = step.at;
    said.value = "Undone.";
  };
  const again = () => {
    past.current = [];
    at.value = nextUnmarked(model, positions, -1) ?? 0;
  };
  const togglePlayer = () => {
    const media = player.current;
    if (!media) return false;
    if (media.paused) media.play().catch(() => {});
    else media.pause();
    return true;
  };
  const swipe = useSwipe((side) => decide(side === "right" ? "favorite" : "discarded"));
  const side = sideOf(swipe.by.value);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDialogElement>) => {
    // The page behind, and JupyterLab's shortcuts, have no part in this; Escape is the browser's.
    event.stopPropagation();
    if (event.altKey || event.metaKey) return;
    const { target } = event;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey && key !== "z") return;
    // The browser's player uses the arrow keys and Space itself.
    if (target instanceof HTMLMediaElement && (key === " " || key.startsWith("Arrow"))) return;
    if (key === "f" || key === "k" || key === "ArrowRight") decide("favorite");
    else if (key === "x" || key === "d" || key === "ArrowLeft") decide("discarded");
    else if (key === "s" || key === "ArrowDown") skip();
    else if (key === "u" || (key === "z" && event.ctrlKey)) undo();
    else if (key === "ArrowUp" || key === "Backspace") back();
    else if (key !== " " || target instanceof HTMLButtonElement || !togglePlayer()) return;
    event.preventDefault();
  };
  /** What opens once this is closed. */
  const after = useRef<(() => void) | undefined>(undefined);
  const leave = (then?: () => void) => {
    after.current = then;
    ref.current?.close();
  };

  const record = model.records.get(position);
  const caption = model.caption(position);
  const done = progress.total ? (100 * (progress.total - progress.left)) / progress.total : 100;

  return (
    <dialog
      class="bgw-dialog bgw-review"
      ref={ref}
      tabIndex={-1}
      aria-labelledby={titleId}
      onClose={() => {
        onClose(position);
        after.current?.();
      }}
      onKeyDown={onKeyDown}
    >
      <header class="bgw-review-head">
        <h3 class="bgw-title" id={titleId}>
          Review
        </h3>
        <span class="bgw-muted bgw-small bgw-number bgw-review-counts">{inWords(progress)}</span>
        <span class="bgw-spread" />
        <IconButton icon="close" label="Close" onClick={() => leave()} />
      </header>
      <div
        class="bgw-review-bar"
        role="progressbar"
        aria-label="Marked"
        aria-valuemin={0}
        aria-valuemax={progress.total}
        aria-valuenow={progress.total - progress.left}
        aria-valuetext={inWords(progress)}
      >
        <div style={{ width: `${done}%` }} />
      </div>
      {ended ? (
        <EndCard
          model={model}
          positions={positions}
          progress={progress}
          focus={end}
          onAgain={again}
          onUndo={undo}
          onClose={() => leave()}
          onCompare={onCompare && ((chosen) => leave(() => onCompare(chosen)))}
          onWinners={onWinners && (() => leave(onWinners))}
        />
      ) : (
        <>
          <div
            class={`bgw-review-stage${side ? ` bgw-goes-${side}` : ""}`}
            style={{ "--bgw-by": `${swipe.by.value}px` }}
            {...swipe.handlers}
          >
            <div key={position} class="bgw-review-frame">
              <ReviewStage
                model={model}
                position={position}
                media={media}
                player={player}
                onRetry={() => {
                  files.retry(position);
                  tries.value += 1;
                }}
              />
            </div>
            {side && (
              <span class="bgw-review-side" aria-hidden="true">
                {side === "right" ? "Keep" : "Drop"}
              </span>
            )}
          </div>
          <p class="bgw-review-caption bgw-number">
            <span class="bgw-muted">
              {formatCount(at.value + 1)} / {formatCount(positions.length)}
            </span>{" "}
            <span title={caption}>{caption || record?.name || `Result ${position}`}</span>
            {record?.duration ? <span class="bgw-muted"> {formatDuration(record.duration)}</span> : null}
            {mark !== "none" && (
              <span class={`bgw-review-mark bgw-is-${mark}`}>{mark === "favorite" ? "kept" : "dropped"}</span>
            )}
          </p>
          <div class="bgw-review-keys">
            <KeyButton icon="undo" hint="U" class="bgw-review-minor" onClick={undo}>
              Undo
            </KeyButton>
            <KeyButton icon={BACK} hint="↑" class="bgw-review-minor" onClick={back}>
              Back
            </KeyButton>
            <KeyButton icon="discard" hint="X" class="bgw-review-drop" onClick={() => decide("discarded")}>
              Drop
            </KeyButton>
            <KeyButton icon="down" hint="S" onClick={skip}>
              Skip
            </KeyButton>
            <KeyButton icon="star" hint="F" class="bgw-review-keep" onClick={() => decide("favorite")}>
              Keep
            </KeyButton>
            {model.kind(position) !== "image" && (
              <KeyButton icon="play" hint="Space" class="bgw-review-minor" onClick={togglePlayer}>
                Play
              </KeyButton>
            )}
          </div>
        </>
      )}
      <p class="bgw-sr-only" aria-live="polite">
        {said}
      </p>
    </dialog>
  );
}

interface EndProps {
  model: GalleryModel;
  positions: readonly number[];
  progress: Progress;
  focus: { current: HTMLDivElement | null };
  onAgain: () => void;
  onUndo: () => void;
  onClose: () => void;
  onCompare: ((positions: readonly number[]) => void) | undefined;
  onWinners: (() => void) | undefined;
}

/** What came of it, and what to do next. */
function EndCard({ model, positions, progress, focus, onAgain, onUndo, onClose, onCompare, onWinners }: EndProps) {
  const { total, left, kept, dropped } = progress;
  const favorites = positions.filter((position) => model.marks.of(position) === "favorite");
  const compared = favorites.slice(-MOST_TO_COMPARE);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form's controls
    <div class="bgw-review-end" ref={focus} tabIndex={-1} role="group" aria-label="The end of the review">
      <h4 class="bgw-review-done">{left ? "That was the last one" : "Everything is sorted"}</h4>
      <dl class="bgw-review-totals">
        {[
          ["kept", kept],
          ["dropped", dropped],
          ["unmarked", left],
        ].map(([label, count]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd class="bgw-number">{formatCount(Number(count))}</dd>
          </div>
        ))}
      </dl>
      <p class="bgw-muted">of {formatCount(total, "result")}</p>
      <div class="bgw-review-next">
        {left > 0 && (
          <Button kind={kept ? "plain" : "primary"} icon="retry" onClick={onAgain}>
            Go through the {formatCount(left)} unmarked
          </Button>
        )}
        {onCompare && compared.length > 1 && (
          <Button icon={COMPARE} onClick={() => onCompare(compared)}>
            {favorites.length > compared.length ? `Compare the last ${compared.length} kept` : "Compare favorites"}
          </Button>
        )}
        {onWinners && kept > 0 && (
          <Button kind="primary" icon="star" onClick={onWinners}>
            Choose what is next
          </Button>
        )}
        <Button kind="quiet" icon="undo" onClick={onUndo}>
          Undo
        </Button>
        <Button kind="quiet" icon="close" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  );
}
