/** What reviewers say, side by side: brought in as files, compared with one's own marks, and taken over. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import { Button, Empty, IconButton, Notice, Switch } from "../controls";
import { useDialog } from "../dialog";
import type { ToolProps } from "../gallery/tools";
import { useUniqueId } from "../ids";
import { Segments } from "../segments";
import { Adopt } from "./Adopt";
import { NOTE } from "./icons";
import { ReviewRows } from "./ReviewRows";
import { type Only, ReviewsStore } from "./store";

/** Rows that are drawn at a time. */
const PAGE = 100;

export function ReviewsDialog({ model, link, onClose }: ToolProps) {
  const { ref, close, props } = useDialog(onClose);
  const files = useRef<HTMLInputElement>(null);
  const titleId = useUniqueId();
  const store = useMemo(() => new ReviewsStore(model), [model]);
  const dropping = useSignal(false);
  const drawn = useSignal(PAGE);
  useEffect(() => () => store.close(), [store]);
  const table = store.table.value;
  const all = store.rows.value;
  const rows = useMemo(() => all.slice(0, drawn.value), [all, drawn.value]);
  const counts = store.counts.value;
  const take = (found: FileList | null | undefined) => {
    if (found?.length) void store.take([...found]);
  };
  const options: { value: Only; label: string; count: number }[] = [
    { value: "all", label: "All", count: counts.all },
    { value: "disputed", label: "Disputed", count: counts.disputed },
    { value: "notes", label: "With notes", count: counts.notes },
  ];
  const choose = (
    <Button icon="down" unavailable={store.busy.value} onClick={() => files.current?.click()}>
      Import reviews…
    </Button>
  );
  return (
    <dialog
      class={`bgw-dialog bgw-reviews${dropping.value ? " bgw-is-dropping" : ""}`}
      aria-labelledby={titleId}
      {...props}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        event.stopPropagation();
        dropping.value = true;
      }}
      onDragLeave={(event) => {
        if (!(event.relatedTarget instanceof Node) || !ref.current?.contains(event.relatedTarget))
          dropping.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        dropping.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <div class="bgw-reviews-frame">
        <header class="bgw-reviews-head">
          <h3 class="bgw-title" id={titleId}>
            Reviews
          </h3>
          {table && table.reviewers.length > 0 && (
            <span class="bgw-muted bgw-small bgw-number">
              {formatCount(counts.all, "result")} by {formatCount(table.reviewers.length, "reviewer")}
            </span>
          )}
          <span class="bgw-spread" />
          {counts.all > 0 && choose}
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        <input
          type="file"
          ref={files}
          hidden
          multiple
          accept=".json,application/json"
          aria-label="Review files"
          onChange={({ currentTarget }) => {
            take(currentTarget.files);
            // The same file again is a change, too.
            currentTarget.value = "";
          }}
        />
        <div class="bgw-reviews-body">
          {store.problem.value && (
            <Notice
              onClose={() => {
                store.problem.value = null;
              }}
            >
              {store.problem.value}
            </Notice>
          )}
          {!table && !store.problem.value && <p class="bgw-muted">Reading the reviews…</p>}
          {table && counts.all === 0 && (
            <Empty icon={NOTE} title="No reviews yet">
              Share a page of these results; reviewers star and discard in it, and send you a small file. Drop those
              files here, or choose them.
              <span class="bgw-empty-action">{choose}</span>
            </Empty>
          )}
          {table && counts.all > 0 && (
            <>
              <div class="bgw-reviews-tools">
                <Segments
                  label="Which results"
                  options={options}
                  value={store.only.value}
                  onChange={(next) => {
                    store.only.value = next;
                    drawn.value = PAGE;
                  }}
                />
                {table.reviewers.length > 1 && (
                  <Switch
                    label="Most stars first"
                    checked={store.starsFirst.value}
                    onChange={(next) => {
                      store.starsFirst.value = next;
                    }}
                  />
                )}
              </div>
              {all.length ? (
                <ReviewRows model={model} store={store} reviewers={table.reviewers} rows={rows} />
              ) : (
                <p class="bgw-muted">
                  {store.only.value === "disputed" ? "Nobody contradicts anybody." : "There are no notes."}
                </p>
              )}
              {rows.length < all.length && (
                <Button
                  kind="quiet"
                  onClick={() => {
                    drawn.value += PAGE;
                  }}
                >
                  Show {formatCount(Math.min(PAGE, all.length - rows.length))} more
                </Button>
              )}
            </>
          )}
        </div>
        <footer class="bgw-reviews-foot">
          <span class="bgw-muted bgw-small bgw-reviews-said" role="status">
            {store.said.value}
          </span>
          {table && counts.all > 0 && (
            <Adopt store={store} reviewers={table.reviewers} canUndo={link.trait("gallery").value.undoable} />
          )}
        </footer>
      </div>
    </dialog>
  );
}
