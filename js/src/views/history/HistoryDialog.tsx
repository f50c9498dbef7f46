/** Every batch of the project: to find one, to look at it again, to take it up again, or to hold two against each other. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { formatCount } from "../../state/format";
import { IdThumbnails } from "../../state/idThumbnails";
import type { GeneratorSpec, HistoryRow } from "../../state/wire.gen";
import { Button, Empty, IconButton, Notice } from "../controls";
import { useDialog } from "../dialog";
import type { ToolProps } from "../gallery/tools";
import { useUniqueId } from "../ids";
import { useActions } from "../requests";
import { BatchComparisonView } from "./BatchComparisonView";
import { BatchListView } from "./BatchListView";
import { Filters } from "./Filters";
import { APPLY, BACK, RESUME } from "./icons";
import { type HistoryFilter, NO_FILTER } from "./list";
import { useBatchList } from "./useBatchList";

const canResume = (row: HistoryRow | null, own: string | null) =>
  row !== null && row.generator === own && (row.status === "interrupted" || row.status === "cancelled");

export function HistoryDialog({ link, onClose }: Omit<ToolProps, "model">) {
  const { ref, close, props } = useDialog(onClose);
  const titleId = useUniqueId();
  const filter = useSignal(NO_FILTER);
  const active = useSignal<HistoryRow | null>(null);
  const checked = useSignal<readonly HistoryRow[]>([]);
  const compared = useSignal<readonly [HistoryRow, HistoryRow] | null>(null);
  const done = useSignal("");
  const refreshes = useSignal(0);
  const thumbnails = useMemo(() => new IdThumbnails(link), [link]);
  useEffect(() => () => thumbnails.close(), [thumbnails]);
  const { list, problem: lost, retry } = useBatchList(link, useFresh(filter.value, refreshes.value));
  const { problem, dismiss, attempt } = useActions(link);
  const page = list?.page.value ?? null;
  // The panel with the form is there or not for as long as the widget lives; a gallery on its own knows no such trait.
  const canUse = Boolean(link.trait("generator").value as GeneratorSpec | null | undefined);
  const isFiltered = JSON.stringify(list?.filter ?? NO_FILTER) !== JSON.stringify(NO_FILTER);

  const show = async (row: HistoryRow | null) => {
    if (row && (await attempt(() => link.request("history.show", { batch: row.id })))) close();
  };
  const use = (row: HistoryRow) =>
    attempt(async () => {
      const { result } = await link.request("history.use", { batch: row.id });
      done.value = `The config panel is filled. ${result.notes.join(" ")}`;
    });
  const resume = (row: HistoryRow) =>
    attempt(async () => {
      await link.request("history.resume", { batch: row.id });
      done.value = "The batch goes on.";
      refreshes.value += 1;
    });
  const check = (row: HistoryRow) => {
    const others = checked.value.filter(({ id }) => id !== row.id);
    // A third one takes the place of the one that was chosen first.
    checked.value = others.length < checked.value.length ? others : [...others.slice(-1), row];
  };
  const compare = () => {
    const [one, other] = [...checked.value].sort((a, b) => a.created_at - b.created_at);
    if (one && other) compared.value = [one, other];
  };
  const row = active.value;
  const own = page?.own ?? null;
  const pair = compared.value;

  return (
    <dialog class="bgw-dialog bgw-history" aria-labelledby={titleId} {...props}>
      <div class="bgw-dialog-frame">
        <header class="bgw-dialog-head">
          {pair && (
            <IconButton
              icon={BACK}
              label="Back to all batches"
              onClick={() => {
                compared.value = null;
                ref.current?.focus();
              }}
            />
          )}
          <h3 class="bgw-title bgw-dialog-title" id={titleId}>
            {pair ? "Two batches compared" : "History"}
          </h3>
          {!pair && page && (
            <span class="bgw-muted bgw-small bgw-number bgw-dialog-place" role="status">
              {page.total === 1 ? "1 batch" : `${formatCount(page.total)} batches`}
            </span>
          )}
          <span class="bgw-spread" />
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        {pair ? (
          <BatchComparisonView link={link} a={pair[0].id} b={pair[1].id} thumbnails={thumbnails} />
        ) : (
          <>
            <Filters
              filter={filter.value}
              generators={page?.generators ?? []}
              onChange={(change) => {
                filter.value = { ...filter.value, ...change };
              }}
            />
            <div class="bgw-history-body">
              {lost && (
                <Notice>
                  The history could not be read: {lost}{" "}
                  <Button icon="retry" onClick={retry}>
                    Try again
                  </Button>
                </Notice>
              )}
              {!list && !lost && (
                <p class="bgw-muted bgw-history-wait" role="status">
                  Looking through the project…
                </p>
              )}
              {page?.total === 0 &&
                (isFiltered ? (
                  <Empty icon="search" title="No such batch">
                    No batch meets the search and all filters.
                    <Button
                      class="bgw-empty-action"
                      onClick={() => {
                        filter.value = NO_FILTER;
                      }}
                    >
                      Show all batches
                    </Button>
                  </Empty>
                ) : (
                  <Empty icon="clock" title="No batch yet">
                    Each batch that you start is kept here, with everything it was made of.
                  </Empty>
                ))}
              {list && page && page.total > 0 && (
                <BatchListView
                  list={list}
                  page={page}
                  thumbnails={thumbnails}
                  active={active}
                  checked={checked.value}
                  onCheck={check}
                  onOpen={(one) => void show(one)}
                />
              )}
            </div>
            {problem.value && (
              <div class="bgw-history-notice">
                <Notice onClose={dismiss}>{problem.value}</Notice>
              </div>
            )}
            <footer class="bgw-history-foot">
              <span class="bgw-small bgw-muted bgw-spread" role="status">
                {done.value || (checked.value.length === 1 ? "Choose one more to compare." : "")}
              </span>
              <Button icon="compare" kind="quiet" unavailable={checked.value.length !== 2} onClick={compare}>
                Compare two
              </Button>
              {canUse && (
                <Button
                  icon={APPLY}
                  unavailable={row === null || row.generator !== own}
                  onClick={() => row && void use(row)}
                >
                  Use its settings
                </Button>
              )}
              {own !== null && (
                <Button icon={RESUME} unavailable={!canResume(row, own)} onClick={() => row && void resume(row)}>
                  Resume
                </Button>
              )}
              <Button kind="primary" icon="image" unavailable={row === null} onClick={() => void show(row)}>
                Show in gallery
              </Button>
            </footer>
          </>
        )}
      </div>
    </dialog>
  );
}

/** The filter as another object where the list is to be read anew. */
function useFresh(filter: HistoryFilter, refreshes: number): HistoryFilter {
  return useMemo(() => ({ ...filter }), [filter, refreshes]);
}
