/** The gallery: every result of a source, and the curator's choice among them. */

import { type Signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { detail } from "../../parts";
import { isFinished } from "../../state/announcer";
import { formatCount } from "../../state/format";
import { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import type { Filter } from "../../state/marks";
import type { BatchSummary } from "../../state/wire.gen";
import { Button, Empty, Notice } from "../controls";
import type { IconName } from "../icons";
import { Late } from "../late";
import { useActions } from "../requests";
import { useScrollArea } from "../scrolling";
import { Grid } from "./Grid";
import { defaultTile, gridHeight, layoutGrid, MAX_HEIGHT } from "./layout";
import { Toolbar } from "./Toolbar";

interface EmptyWords {
  icon: IconName;
  title: string;
  text: string;
}

const WAITING: EmptyWords = {
  icon: "image",
  title: "Waiting for the first result",
  text: "Results appear here as their tasks finish.",
};

const EMPTY_WORDS: Record<Filter, EmptyWords> = {
  all: { icon: "image", title: "No results", text: "No task has made an image, a video or a sound." },
  favorites: { icon: "star", title: "No favorites yet", text: "Press the star of a result, or F, to keep it here." },
  unselected: {
    icon: "check",
    title: "Everything is sorted",
    text: "Each result is a favorite or discarded. New ones will wait here.",
  },
  discarded: {
    icon: "discard",
    title: "Nothing discarded",
    text: "Press X on a result to set it aside. Its file stays where it is.",
  },
};

const LOWEST = 190;

interface SourceProps {
  link: KernelLink;
  source: string;
  filter: Signal<Filter>;
  /** The tile size that was chosen, if one was. */
  chosenSize: Signal<number | null>;
}

/** How many results to make room for, so that nothing below the gallery moves while they arrive. */
function expectedTotal(link: KernelLink, source: string, total: number): number {
  // A gallery on its own has no batch: its model knows no such trait.
  const batch = link.trait("batch").value as BatchSummary | null | undefined;
  return batch?.id === source && !isFinished(batch) ? Math.max(total, batch.total) : total;
}

/** The gallery of one source; give it the source as its key. */
function SourceGallery({ link, source, filter, chosenSize }: SourceProps) {
  const model = useMemo(() => new GalleryModel(link, source), [link, source]);
  useEffect(() => () => model.close(), [model]);
  const { title, total, undoable } = link.trait("gallery").value;
  const { problem, dismiss, attempt } = useActions(link);
  const area = useScrollArea();
  const said = useSignal("");
  const focusRequest = useSignal(0);
  const opened = useSignal<{ positions: readonly number[]; at: number } | null>(null);
  const tools = useRef<HTMLDivElement>(null);
  const shown = useComputed(() => model.marks.shown(filter.value)).value;
  const counts = model.marks.counts.value;
  const size = chosenSize.value ?? defaultTile(area.width.value);
  const layout = layoutGrid(area.width.value, size);
  const held = useRef(LOWEST);
  const expected = expectedTotal(link, source, total);
  if (area.width.value) {
    const wanted = gridHeight(expected, layout);
    held.current = Math.min(MAX_HEIGHT, Math.max(LOWEST, wanted));
  }

  const mark = (position: number, wanted: "favorite" | "discarded") => {
    const takesAway = model.marks.of(position) === wanted;
    const done = wanted === "favorite" ? "Marked as favorite" : "Discarded";
    said.value = `${takesAway ? "Mark removed" : done}: ${model.caption(position) || `result ${position}`}`;
    const leavesEmpty = shown.length === 1 && filter.peek() !== "all";
    void attempt(() => model.marks.toggle(position, wanted));
    // With its last tile the grid goes; focus waits at the filter.
    if (leavesEmpty && !opened.peek()) tools.current?.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  };
  const undo = async () => {
    if (await attempt(() => model.marks.undo())) said.value = "Undone.";
  };
  const clear = async () => {
    if (await attempt(() => model.marks.clear())) said.value = "Selections cleared.";
  };
  const actions = {
    open: (position: number) => {
      model.active.value = position;
      opened.value = { positions: shown, at: shown.indexOf(position) };
    },
    mark,
    undo: () => void undo(),
  };
  const closeDetail = (position: number) => {
    opened.value = null;
    model.active.value = position;
    focusRequest.value += 1;
  };
  const leafing = opened.value;
  const lost = model.thumbnails.problem.value ?? model.records.problem.value;
  const empty = filter.value === "all" && expected > 0 ? WAITING : EMPTY_WORDS[filter.value];

  return (
    <>
      <div class="bgw-panel-head">
        <h3 class="bgw-title">Gallery</h3>
        <span class="bgw-muted bgw-small bgw-number">
          {title && `${title} · `}
          {formatCount(total, "result")}
        </span>
        <span class="bgw-spread" />
        <div class="bgw-actions">
          <Button icon="undo" kind="quiet" unavailable={!undoable} onClick={() => void undo()}>
            Undo
          </Button>
          <Button
            kind="quiet"
            icon="close"
            unavailable={counts.favorites + counts.discarded === 0}
            onClick={() => void clear()}
          >
            Clear selections
          </Button>
        </div>
      </div>
      <div ref={tools}>
        <Toolbar
          counts={counts}
          filter={filter.value}
          size={size}
          onSize={(next) => {
            chosenSize.value = next;
          }}
          onFilter={(next) => {
            filter.value = next;
            area.scrollTo(0);
          }}
        />
      </div>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
      {lost && (
        <Notice>
          Some results could not be shown: {lost}{" "}
          <Button
            icon="retry"
            onClick={() => {
              model.thumbnails.retry();
              model.records.retry();
            }}
          >
            Try again
          </Button>
        </Notice>
      )}
      <div
        class={`bgw-gallery-area${shown.length ? "" : " bgw-is-empty"}`}
        ref={area.ref}
        style={{ height: `${held.current}px` }}
        onScroll={() => void area.onScroll()}
      >
        {shown.length === 0 ? (
          <Empty icon={empty.icon} title={empty.title}>
            {empty.text}
          </Empty>
        ) : (
          area.width.value > 0 && (
            <Grid
              model={model}
              area={area}
              layout={layout}
              shown={shown}
              label={title || "Results"}
              actions={actions}
              focusRequest={focusRequest.value}
              ghosts={filter.value === "all" ? expected - total : 0}
            />
          )
        )}
      </div>
      {leafing && (
        <Late part={detail} link={link} what="the details" onClose={() => closeDetail(model.active.peek())}>
          {({ DetailDialog }) => (
            <DetailDialog
              model={model}
              positions={leafing.positions}
              start={leafing.at}
              actions={actions}
              onClose={closeDetail}
            />
          )}
        </Late>
      )}
      <p class="bgw-sr-only" aria-live="polite">
        {said}
      </p>
    </>
  );
}

export function GalleryView({ link }: { link: KernelLink }) {
  const { source } = link.trait("gallery").value;
  const filter = useSignal<Filter>("all");
  const chosenSize = useSignal<number | null>(null);
  return (
    <section class="bgw-panel bgw-gallery" aria-label="Gallery">
      {source ? (
        <SourceGallery key={source} link={link} source={source} filter={filter} chosenSize={chosenSize} />
      ) : (
        <>
          <div class="bgw-panel-head">
            <h3 class="bgw-title">Gallery</h3>
          </div>
          <Empty icon="image" title="No results yet">
            Start a batch, and its images, videos and sounds appear here as they finish.
          </Empty>
        </>
      )}
    </section>
  );
}
