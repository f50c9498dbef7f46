/** The gallery of one source: its tiles, what is shown of them, and what opens from them. */

import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { filters, shortcuts, sweep, viewer, winners } from "../../parts";
import { isFinished } from "../../state/batch";
import { formatCount } from "../../state/format";
import { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import type { Part } from "../../state/parts";
import { conditionCount } from "../../state/query";
import type { BatchSummary, GeneratorSpec } from "../../state/wire.gen";
import { Button, Empty, Notice } from "../controls";
import { useUniqueId } from "../ids";
import { Late } from "../late";
import { useActions } from "../requests";
import { useScrollArea } from "../scrolling";
import { useSpoken } from "../spoken";
import { useWidth } from "../width";
import { emptyWords, NOTHING_FOUND } from "./empty";
import { Grid } from "./Grid";
import { FEWEST_COMPARED, Head, MOST_COMPARED } from "./Head";
import { actionOfKey } from "./keys";
import { defaultTile, gridHeight, layoutGrid, MAX_HEIGHT } from "./layout";
import { Toolbar, type View } from "./Toolbar";
import type { Tool } from "./tools";

const LOWEST = 190;
/** From this width of the gallery on, all controls stand beside each other. */
const WIDE = 560;
/** From this width on, the filters stand beside the tiles. */
const BESIDE = 600;

/** What a person chose for this view of the gallery, whichever source it shows. */
export interface ViewState {
  view: Signal<View>;
  /** The tile size that was chosen, if one was. */
  size: Signal<number | null>;
  filtering: Signal<boolean>;
}

interface SourceProps {
  link: KernelLink;
  source: string;
  state: ViewState;
}

type Opened =
  | { what: "detail" | "review"; positions: readonly number[]; at: number }
  | { what: "compare"; positions: readonly number[] }
  | { what: "tool"; tool: Tool }
  | { what: "winners" | "shortcuts" };

/** How many results to make room for, so that nothing below the gallery moves while they arrive. */
function expectedTotal(link: KernelLink, source: string, total: number): number {
  // A gallery on its own has no batch: its model knows no such trait.
  const batch = link.trait("batch").value as BatchSummary | null | undefined;
  return batch?.id === source && !isFinished(batch) ? Math.max(total, batch.total) : total;
}

/** Give it the source as its key. */
export function SourceGallery({ link, source, state }: SourceProps) {
  const model = useMemo(() => new GalleryModel(link, source), [link, source]);
  useEffect(() => () => model.close(), [model]);
  const { title, total: places, offers } = link.trait("gallery").value;
  const total = model.total.value;
  const { problem, dismiss, attempt } = useActions(link);
  const area = useScrollArea();
  const panel = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const width = useWidth(panel).value;
  const filtersId = useUniqueId();
  const { said, say } = useSpoken();
  const focusRequest = useSignal(0);
  const opened = useSignal<Opened | null>(null);
  const query = model.query.value.value;
  const shown = model.shown.value;
  const reading = model.reading.value;
  const view = state.view.value;
  const size = state.size.value ?? defaultTile(area.width.value);
  const layout = layoutGrid(area.width.value, size);
  const held = useRef(LOWEST);
  const expected = expectedTotal(link, source, places) - places + total;
  if (area.width.value) {
    const wanted = gridHeight(expected, layout);
    held.current = Math.min(MAX_HEIGHT, Math.max(LOWEST, wanted));
  }
  const height = view === "sweep" || state.filtering.value ? Math.max(held.current, 480) : held.current;
  // The panel with the form is there or not for as long as the widget lives; a gallery on its own knows no such trait.
  const canUse = Boolean(link.trait("generator").value as GeneratorSpec | null | undefined);
  const { readOnly } = model;
  // Only a session knows what its parameters may be: not a list of assets, nor a batch on its own, which has a title.
  const ofSession = source !== "list" && !title && !readOnly;
  const favorites = useComputed(() => model.marks.counts.value[1] > 0).value;

  // A person hears how many are left when the query rests, not at each letter.
  const heard = useRef(query);
  useEffect(() => {
    if (heard.current === query || reading) return;
    heard.current = query;
    say(`${formatCount(shown.length)} of ${formatCount(total)} shown.`, 600);
  }, [query, reading, shown]);
  const selected = model.selection.count;
  const told = useRef(selected);
  useEffect(() => {
    if (told.current === selected) return;
    told.current = selected;
    say(selected ? `${formatCount(selected)} selected.` : "Nothing selected.", 300);
  }, [selected]);

  const focusGrid = () => {
    focusRequest.value += 1;
  };
  const focusTools = () =>
    panel.current?.querySelector<HTMLElement>('.bgw-gallery-tools [aria-checked="true"]')?.focus();
  /** With its last tile the grid goes; focus waits at the filter. */
  const leaveGrid = (leaving: readonly number[], always = query.mark !== null) => {
    const gone = new Set(leaving);
    if (!opened.peek() && always && shown.every((position) => gone.has(position))) focusTools();
  };
  const mark = (position: number, wanted: "favorite" | "discarded") => {
    const takesAway = model.marks.of(position) === wanted;
    const done = wanted === "favorite" ? "Marked as favorite" : "Discarded";
    say(`${takesAway ? "Mark removed" : done}: ${model.caption(position) || `result ${position}`}`);
    void attempt(() => model.marks.toggle(position, wanted));
    leaveGrid([position]);
  };
  const markSelection = (wanted: "favorite" | "discarded" | "none") => {
    const positions = model.selection.sorted;
    const has = wanted !== "none" && positions.every((position) => model.marks.of(position) === wanted);
    const next = has ? "none" : wanted;
    const done = { favorite: "marked as favorite", discarded: "discarded", none: "without a mark now" }[next];
    say(`${formatCount(positions.length, "result")} ${done}.`);
    void attempt(() => model.marks.set(positions, next));
    leaveGrid(positions);
  };
  const trash = (positions: readonly number[]) => {
    if (!offers.includes("cleanup")) return;
    say(`${formatCount(positions.length, "result")} moved to the trash. Undo brings back what went there.`);
    void attempt(() => model.marks.set(positions, "trashed"));
    if (model.selection.has(positions[0] as number)) model.selection.clear();
    leaveGrid(positions, true);
  };
  const undo = async () => {
    if (await attempt(() => model.marks.undo())) say("Undone.");
  };
  const clearMarks = async () => {
    if (await attempt(() => model.marks.clear())) say("All marks cleared.");
  };
  const open = (position: number, among: readonly number[] = shown) => {
    model.active.value = position;
    opened.value = { what: "detail", positions: among, at: Math.max(0, among.indexOf(position)) };
  };
  const compareThese = (positions: readonly number[]) => {
    if (positions.length < FEWEST_COMPARED || positions.length > MOST_COMPARED) {
      say(`Select ${FEWEST_COMPARED} to ${MOST_COMPARED} results to compare them.`);
    } else opened.value = { what: "compare", positions };
  };
  const startReview = () => {
    if (!shown.length) return;
    opened.value = { what: "review", positions: shown, at: Math.max(0, shown.indexOf(model.active.peek())) };
  };
  const close = (position?: number) => {
    opened.value = null;
    if (position !== undefined) model.active.value = position;
    focusGrid();
  };
  const deselect = () => {
    model.selection.clear();
    focusGrid();
  };
  const actions = {
    open,
    mark,
    markAt: (position: number, wanted: "favorite" | "discarded" | "trashed") => {
      const selected = model.selection.has(position);
      if (wanted === "trashed") trash(selected ? model.selection.sorted : [position]);
      else if (selected) markSelection(wanted);
      else mark(position, wanted);
    },
    undo: () => void undo(),
    compare: compareThese,
  };
  const headActions = {
    markSelection,
    trashSelection: () => trash(model.selection.sorted),
    compareSelection: () => compareThese(model.selection.sorted),
    selectAll: () => model.selection.set(shown),
    deselect,
    review: startReview,
    chooseNext: () => {
      opened.value = { what: "winners" };
    },
    undo: actions.undo,
    clearMarks: () => void clearMarks(),
    openTool: (tool: Tool) => {
      opened.value = { what: "tool", tool };
    },
    showShortcuts: () => {
      opened.value = { what: "shortcuts" };
    },
    search: () => search.current?.focus(),
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const action = actionOfKey(event, headActions, selected > 0, readOnly);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const toggleFilters = () => {
    model.useColumns();
    state.filtering.value = !state.filtering.peek();
  };
  /** A dialog, once its part is here. */
  const late = <E extends object>(part: Part<E>, what: string, draw: (exports: E) => ComponentChildren) => (
    <Late part={part} link={link} what={what} onClose={() => close()}>
      {draw}
    </Late>
  );
  const leaveFilters = () => {
    state.filtering.value = false;
    panel.current?.querySelector<HTMLElement>(`.bgw-gallery-more [aria-expanded]`)?.focus();
  };

  const lost = model.thumbnails.problem.value ?? model.records.problem.value ?? model.columns.problem.value;
  const refused = model.refusal.value;
  const filtered = query.text.trim() !== "" || conditionCount(query) > 0;
  const words = filtered ? NOTHING_FOUND : emptyWords(query.mark, expected > 0, places > total, readOnly);
  const dialog = opened.value;
  const filtersOpen = state.filtering.value;

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of all that is in it
    <div class="bgw-gallery-source" ref={panel} onKeyDown={onKeyDown}>
      <Head model={model} width={width} canChoose={favorites && ofSession} actions={headActions} />
      <Toolbar
        model={model}
        wide={width >= WIDE}
        search={search}
        view={view}
        onView={(next) => {
          state.view.value = next;
        }}
        size={size}
        onSize={(next) => {
          state.size.value = next;
        }}
        filtering={filtersOpen}
        filtersId={filtersId}
        onFilters={toggleFilters}
      />
      {conditionCount(query) > 0 && (
        <Late part={filters} link={link} what="the filters">
          {({ Chips }) => <Chips model={model} onEmpty={focusTools} />}
        </Late>
      )}
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
      {refused && (
        <Notice
          onClose={() => {
            model.refusal.value = null;
          }}
        >
          {refused}
        </Notice>
      )}
      {lost && (
        <Notice>
          Some results could not be shown: {lost}{" "}
          <Button
            icon="retry"
            onClick={() => {
              model.thumbnails.retry();
              model.records.retry();
              model.columns.retry();
            }}
          >
            Try again
          </Button>
        </Notice>
      )}
      <div
        class={`bgw-gallery-body${filtersOpen && width >= BESIDE ? " bgw-is-beside" : ""}`}
        style={{ "--bgw-height": `${height}px` }}
      >
        {filtersOpen && (
          <Late part={filters} link={link} what="the filters" id={filtersId}>
            {({ FilterPanel }) => <FilterPanel model={model} id={filtersId} onClose={leaveFilters} />}
          </Late>
        )}
        {view === "sweep" && (
          <div class="bgw-gallery-sweep">
            <Late part={sweep} link={link} what="the sweep view">
              {({ SweepView }) => <SweepView model={model} link={link} actions={actions} size={state.size.value} />}
            </Late>
          </div>
        )}
        <div
          class={`bgw-gallery-area${shown.length ? "" : " bgw-is-empty"}`}
          ref={area.ref}
          hidden={view === "sweep"}
          aria-busy={reading}
          onScroll={() => void area.onScroll()}
        >
          {shown.length === 0 ? (
            <Empty icon={reading ? "clock" : words.icon} title={reading ? "Reading the results" : words.title}>
              {reading ? `${formatCount(model.columns.loaded.value)} of ${formatCount(total)}` : words.text}
              {!reading && (filtered || query.mark !== null) && (
                <Button
                  class="bgw-empty-action"
                  onClick={() => {
                    model.query.showAll();
                    focusTools();
                  }}
                >
                  Show all results
                </Button>
              )}
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
                ghosts={query.mark === null && !filtered && query.sort === null ? expected - total : 0}
              />
            )
          )}
        </div>
      </div>
      {dialog?.what === "detail" &&
        late(viewer, "the details", ({ DetailDialog }) => (
          <DetailDialog
            model={model}
            positions={dialog.positions}
            start={dialog.at}
            actions={actions}
            canUse={canUse}
            onClose={close}
          />
        ))}
      {dialog?.what === "review" &&
        late(viewer, "the review", ({ ReviewDialog }) => (
          <ReviewDialog
            model={model}
            positions={dialog.positions}
            start={dialog.at}
            actions={actions}
            onClose={close}
            onCompare={compareThese}
            {...(ofSession && { onWinners: headActions.chooseNext })}
          />
        ))}
      {dialog?.what === "compare" &&
        late(viewer, "the comparison", ({ CompareDialog }) => (
          <CompareDialog model={model} positions={dialog.positions} actions={actions} onClose={() => close()} />
        ))}
      {dialog?.what === "winners" &&
        late(winners, "the favorites", ({ WinnersDialog }) => (
          <WinnersDialog model={model} link={link} canUse={canUse} onClose={() => close()} />
        ))}
      {dialog?.what === "tool" &&
        late(dialog.tool.part(), dialog.tool.what, ({ Dialog }) => (
          <Dialog model={model} link={link} onClose={() => close()} />
        ))}
      {dialog?.what === "shortcuts" &&
        late(shortcuts, "the shortcuts", ({ ShortcutsDialog }) => (
          <ShortcutsDialog readOnly={readOnly} onClose={() => close()} />
        ))}
      <p class="bgw-sr-only" aria-live="polite">
        {said}
      </p>
    </div>
  );
}
