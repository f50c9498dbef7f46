/** The batches of a project, newest first: only those on screen exist. */

import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import { IdThumbnails } from "../../state/idThumbnails";
import type { KernelLink } from "../../state/link";
import type { BatchSummary, HistoryPage } from "../../state/wire.gen";
import { Button, IconButton, Notice } from "../../views/controls";
import { Choices, SearchBox } from "../../views/history/Filters";
import { type BatchList, type HistoryFilter, NO_FILTER } from "../../views/history/list";
import { useBatchList } from "../../views/history/useBatchList";
import { useUniqueId } from "../../views/ids";
import type { BatchesModel, PanelActions, ProjectEntry } from "../model";
import { PastBatch } from "./PastBatch";
import { useRowsOnScreen } from "./rowsOnScreen";

const ROW_HEIGHT = 68;
/** About so many have no room because of what sticks to the top. */
const COVERED_ROWS = 3;
/** So many are found without a search. */
const FEW = 6;

export interface ProjectBatchesProps {
  model: BatchesModel;
  project: ProjectEntry;
  actions: PanelActions;
  /** Grows when somebody asks for all to be read again. */
  refreshes: ReadonlySignal<number>;
}

/** What is open only while this is. */
function useLifetime<T>(open: (lifetime: AbortSignal) => T, inputs: readonly unknown[]): T {
  const held = useMemo(() => {
    const lifetime = new AbortController();
    return { lifetime, value: open(lifetime.signal) };
  }, inputs);
  // At once: an effect that has not run yet would not end it.
  useLayoutEffect(() => () => held.lifetime.abort(), [held]);
  return held.value;
}

export function ProjectBatches({ model, project, actions, refreshes }: ProjectBatchesProps) {
  const filter = useSignal<HistoryFilter>(NO_FILTER);
  const live = useComputed(() => liveBatches(model, project.key));
  // A batch that begins, ends or goes makes the list another one.
  const mark = useComputed(() => [...live.value.values()].map(({ id, status }) => `${id} ${status}`).join()).value;
  const link = useLifetime((lifetime) => model.historyOf(project, lifetime), [model, project.key, project.path]);
  const wanted = useMemo(() => ({ ...filter.value }), [filter.value, refreshes.value, project.batches, mark]);
  const { list, problem, retry } = useBatchList(link, wanted);
  const page = list?.page.value ?? null;
  const isFiltered = JSON.stringify(list?.filter ?? NO_FILTER) !== JSON.stringify(NO_FILTER);
  const change = (next: Partial<HistoryFilter>) => {
    filter.value = { ...filter.peek(), ...next };
  };
  return (
    <>
      {page && (isFiltered || filter.value !== NO_FILTER || page.total > FEW) && (
        <Tools filter={filter.value} page={page} isFiltered={isFiltered} onChange={change} />
      )}
      {problem && (
        <Notice>
          The batches could not be read: {problem}{" "}
          <Button icon="retry" onClick={retry}>
            Try again
          </Button>
        </Notice>
      )}
      {!page && !problem && (
        <p class="bgw-lab-none bgw-small bgw-muted" role="status">
          Looking through the project…
        </p>
      )}
      {page?.total === 0 &&
        (isFiltered ? (
          <div class="bgw-lab-none bgw-small bgw-muted">
            No batch meets the search.{" "}
            <Button
              class="bgw-lab-small"
              onClick={() => {
                filter.value = NO_FILTER;
              }}
            >
              Show all batches
            </Button>
          </div>
        ) : (
          <p class="bgw-lab-none bgw-small bgw-muted">No batch yet.</p>
        ))}
      {list && page && page.total > 0 && (
        <Batches
          link={link}
          list={list}
          total={page.total}
          live={live.value}
          project={project}
          actions={actions}
          filter={filter.value}
        />
      )}
    </>
  );
}

/** The batches of a project that kernels tell of, by id. */
function liveBatches(model: BatchesModel, project: string): ReadonlyMap<string, BatchSummary> {
  const sessions = model.kernels.value.flatMap((kernel) => (kernel.state === "live" ? kernel.sessions : []));
  return new Map(
    sessions.flatMap(({ batch, project: { key } }) => (batch && key === project ? [[batch.id, batch]] : [])),
  );
}

interface ToolsProps {
  filter: HistoryFilter;
  page: HistoryPage;
  isFiltered: boolean;
  onChange: (change: Partial<HistoryFilter>) => void;
}

function Tools({ filter, page, isFiltered, onChange }: ToolsProps) {
  const id = useUniqueId();
  const open = useSignal(false);
  const chosen = filter.generator !== null || filter.status !== null || filter.favorites;
  return (
    <div class="bgw-lab-tools">
      <div class="bgw-lab-line">
        <SearchBox filter={filter} onChange={onChange} />
        <IconButton
          icon="filter"
          label="Filters"
          class={chosen ? "bgw-is-on" : ""}
          expanded={open.value}
          controls={open.value ? id : undefined}
          onClick={() => {
            open.value = !open.peek();
          }}
        />
      </div>
      {open.value && (
        <div class="bgw-lab-choices" id={id}>
          <Choices filter={filter} generators={page.generators} onChange={onChange} />
        </div>
      )}
      <p class={isFiltered ? "bgw-small bgw-muted bgw-number" : "bgw-sr-only"} role="status">
        {isFiltered && page.total > 0 && `${formatCount(page.total)} found`}
      </p>
    </div>
  );
}

/** Focus a row, and scroll so far that neither an edge of the panel nor what sticks to its top is over it. */
function bringIntoView(row: HTMLElement): void {
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  const project = row.closest(".bgw-lab-project");
  const sticky = project?.querySelector(".bgw-lab-tools") ?? project?.querySelector(".bgw-lab-project-head");
  const covered = (sticky?.getBoundingClientRect().bottom ?? 0) - row.getBoundingClientRect().top;
  if (covered > 0) row.closest(".bgw-lab")?.scrollBy(0, -covered);
}

interface BatchesProps extends Pick<ProjectBatchesProps, "project" | "actions"> {
  link: KernelLink;
  list: BatchList;
  total: number;
  live: ReadonlyMap<string, BatchSummary>;
  filter: HistoryFilter;
}

/** One tab stop; arrow keys, Page Up and Down, Home and End move in it. */
function Batches({ link, list, total, live, project, actions, filter }: BatchesProps) {
  const ref = useRef<HTMLUListElement>(null);
  const at = useSignal(0);
  const follow = useRef(false);
  const thumbnails = useMemo(() => new IdThumbnails(link), [link]);
  useEffect(() => () => thumbnails.close(), [thumbnails]);
  const { first, last } = useRowsOnScreen(ref, ROW_HEIGHT, total);
  useEffect(() => list.want(first, last), [list, first, last]);
  useEffect(() => {
    const ids = Array.from({ length: last - first }, (_, i) => list.get(first + i)?.thumbnails ?? []);
    thumbnails.want(ids.flat());
  });
  useLayoutEffect(() => {
    at.value = 0;
  }, [filter]);
  const active = Math.min(at.value, total - 1);
  useLayoutEffect(() => {
    if (!follow.current) return;
    follow.current = false;
    const button = ref.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (button) bringIntoView(button);
  });
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLUListElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const panel = event.currentTarget.closest(".bgw-lab")?.clientHeight ?? 0;
    const page = Math.max(1, Math.floor(panel / ROW_HEIGHT) - COVERED_ROWS);
    const next = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: total - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    follow.current = true;
    at.value = Math.max(0, Math.min(total - 1, next));
  };
  const indexes = new Set(Array.from({ length: last - first }, (_, i) => first + i));
  // The one that Tab leads to is there wherever the panel is scrolled to.
  indexes.add(active);
  return (
    <ul
      class="bgw-lab-pasts"
      ref={ref}
      aria-label={`Batches of ${project.name}, newest first`}
      style={{ height: `${total * ROW_HEIGHT}px` }}
      onKeyDown={onKeyDown}
    >
      {[...indexes].map((index) => {
        const row = list.get(index);
        return (
          <PastBatch
            key={index}
            row={row}
            live={row ? live.get(row.id) : undefined}
            index={index}
            total={total}
            height={ROW_HEIGHT}
            active={index === active}
            thumbnails={thumbnails}
            onFocus={() => {
              at.value = index;
            }}
            onRenew={() => list.renew(index)}
            onOpen={({ id, generator, created_at }) => actions.openBatch(project, { id, generator, created_at })}
          />
        );
      })}
    </ul>
  );
}
