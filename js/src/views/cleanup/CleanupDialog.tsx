import { useEffect, useMemo } from "preact/hooks";
import { formatBytes, formatCount } from "../../state/format";
import { formatWhen } from "../../state/when";
import type { CleanupPreview, TrashRow } from "../../state/wire.gen";
import { Button, IconButton, Notice } from "../controls";
import { useDialog } from "../dialog";
import type { ToolProps } from "../gallery/tools";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { Confirm } from "./Confirm";
import { CleanupStore } from "./store";

const KINDS = { image: "image", video: "video", audio: "sound" } as const;

function listOf({ kinds }: CleanupPreview): string {
  return kinds.map(({ kind, count, bytes }) => `${formatCount(count, KINDS[kind])} (${formatBytes(bytes)})`).join(", ");
}

function othersOf({ kinds }: CleanupPreview): string {
  const [one, another] = kinds;
  return `other ${one && !another ? KINDS[one.kind] : "result"}`;
}

function Favorites({ store }: { store: CleanupStore }) {
  const possible = store.possible.value;
  const keep = () =>
    store.act(async () => {
      const { result } = await store.link.request("cleanup.keep_favorites", { source: store.source });
      return `${formatCount(result.count, "result")} moved to the trash.`;
    });
  return (
    <section class="bgw-cleanup-part">
      <h4 class="bgw-subtitle">Keep only favorites</h4>
      {possible.phase === "loading" && <p class="bgw-muted">Counting…</p>}
      {possible.phase === "none" && <p class="bgw-muted">Not now: {possible.why}</p>}
      {possible.phase === "here" && !possible.found.count && (
        <p class="bgw-muted">There is nothing but favorites in this batch.</p>
      )}
      {possible.phase === "here" && possible.found.count > 0 && (
        <>
          <p>
            {formatCount(possible.found.kept, "favorite")} of this batch {possible.found.kept === 1 ? "stays" : "stay"}.{" "}
            <strong>
              {formatCount(possible.found.count, othersOf(possible.found))}, {formatBytes(possible.found.bytes)},
            </strong>{" "}
            would go to the trash{possible.found.kinds.length > 1 && `: ${listOf(possible.found)}`}.
            {possible.found.in_use > 0 &&
              ` ${formatCount(possible.found.in_use, "more result")} will stay, since waiting tasks use them.`}
          </p>
          <Confirm
            icon="star"
            question={`Move ${formatCount(possible.found.count, "result")} to the trash?`}
            yes="Move to trash"
            busy={store.busy.value}
            onConfirm={() => void keep()}
          >
            Keep only favorites
          </Confirm>
        </>
      )}
    </section>
  );
}

function Row({ store, row }: { store: CleanupStore; row: TrashRow }) {
  const picture = store.thumbnails.get(row.id);
  return (
    <li class="bgw-cleanup-row">
      <input
        type="checkbox"
        aria-label={`Choose ${row.name}`}
        checked={store.chosen.value.has(row.id)}
        onChange={() => store.choose(row.id)}
      />
      <span class="bgw-cleanup-picture">
        {picture ? <img src={picture} alt={row.alt} decoding="async" /> : <Icon name={row.kind} />}
      </span>
      <span class="bgw-cleanup-name" title={row.name}>
        {row.name}
        {row.favorite && <Icon name="star" filled />}
      </span>
      <span class="bgw-muted bgw-small bgw-number">
        {formatBytes(row.file_size)} · {formatWhen(row.trashed_at)}
      </span>
      <IconButton
        icon="undo"
        label={`Restore ${row.name}`}
        unavailable={store.busy.value}
        onClick={() => void restore(store, [row.id])}
      />
    </li>
  );
}

function restore(store: CleanupStore, ids: string[] | null): Promise<void> {
  return store.act(async () => {
    const { result } = await store.link.request("trash.restore", { ids });
    return `${formatCount(result.count, "result")} restored.`;
  });
}

function Trash({ store }: { store: CleanupStore }) {
  const trash = store.trash.value;
  const rows = store.rows.value;
  const chosen = store.chosen.value;
  if (!trash) return <p class="bgw-muted">Looking into the trash…</p>;
  const { total, bytes, strays, stray_bytes: strayBytes } = trash;
  const empty = () =>
    store.act(async () => {
      const { result } = await store.link.request("trash.empty", {});
      return `${formatBytes(result.bytes)} freed.`;
    });
  const others = strays ? `${formatCount(strays, "other file")}, ${formatBytes(strayBytes)}` : "";
  return (
    <section class="bgw-cleanup-part">
      <div class="bgw-cleanup-head">
        <h4 class="bgw-subtitle">In the trash of this project</h4>
        <span class="bgw-muted bgw-small bgw-number">
          {formatCount(total, "result")}, {formatBytes(bytes)}
        </span>
      </div>
      {(total > 0 || strays > 0) && (
        <div class="bgw-cleanup-actions">
          {total > 0 && (
            <Button
              icon="undo"
              unavailable={store.busy.value}
              onClick={() => void restore(store, chosen.size ? [...chosen] : null)}
            >
              {chosen.size ? `Restore ${formatCount(chosen.size)} chosen` : "Restore all"}
            </Button>
          )}
          <Confirm
            icon="trash"
            question={`Delete all of it, ${formatBytes(bytes + strayBytes)}? This can’t be undone.`}
            yes="Delete for good"
            busy={store.busy.value}
            onConfirm={() => void empty()}
          >
            Delete for good…
          </Confirm>
        </div>
      )}
      {!total && !strays && (
        <p class="bgw-muted">Nothing. Delete moves selected results here; their files stay until you empty it.</p>
      )}
      {total > 0 && (
        <ul class="bgw-cleanup-list" aria-label="Results in the trash">
          {rows.map((row) => (
            <Row key={row.id} store={store} row={row} />
          ))}
        </ul>
      )}
      {rows.length < total && (
        <Button kind="quiet" onClick={() => void store.more()}>
          Show more
        </Button>
      )}
      {others && (
        <p class="bgw-muted bgw-small">
          And {others}: damaged, or of no result. <code>project.verify(fix=True)</code> put them here.
        </p>
      )}
    </section>
  );
}

export function CleanupDialog({ model, link, onClose }: ToolProps) {
  const { close, props } = useDialog(onClose);
  const titleId = useUniqueId();
  const store = useMemo(() => new CleanupStore(link, model.source), [link, model]);
  useEffect(() => () => store.close(), [store]);
  return (
    <dialog class="bgw-dialog bgw-cleanup" aria-labelledby={titleId} {...props}>
      <div class="bgw-cleanup-frame">
        <header class="bgw-cleanup-title">
          <h3 class="bgw-title" id={titleId}>
            Clean up
          </h3>
          <span class="bgw-spread" />
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keyboard */}
        <section class="bgw-cleanup-body" tabIndex={0} aria-label="Favorites and trash">
          {store.problem.value && <Notice>{store.problem.value}</Notice>}
          <Favorites store={store} />
          <Trash store={store} />
        </section>
        <p class="bgw-cleanup-said bgw-muted bgw-small" role="status">
          {store.said.value}
        </p>
      </div>
    </dialog>
  );
}
