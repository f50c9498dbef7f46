/** What the gallery of a tab is of: a batch, or an archive with its batches to choose from. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { KernelLink } from "../../state/link";
import { formatMoment, formatWhen } from "../../state/when";
import type { HistoryRow } from "../../state/wire.gen";
import { Notice } from "../../views/controls";
import { useUniqueId } from "../../views/ids";
import { useActions } from "../../views/requests";
import type { ViewSource } from "../model";

interface TabHeadProps {
  link: KernelLink;
  source: ViewSource;
}

export function TabHead({ link, source }: TabHeadProps) {
  const { held } = link.trait("gallery").value;
  const archive = source.kind === "archive" ? (source.path.split("/").at(-1) ?? source.path) : null;
  if (!held && archive === null) return null;
  return (
    <div class="bgw-tab-head">
      <h2 class="bgw-tab-title">
        <bdi>{archive ?? held?.generator}</bdi>
      </h2>
      {held && (
        <span class="bgw-muted bgw-small">
          {archive !== null && (
            <>
              <bdi>{held.generator}</bdi> ·{" "}
            </>
          )}
          started <time title={formatMoment(held.created_at)}>{formatWhen(held.created_at)}</time>
        </span>
      )}
      {archive !== null && <Batches link={link} />}
    </div>
  );
}

/** An archive has few; whoever has more finds them in a project. */
const MOST = 500;

function Batches({ link }: { link: KernelLink }) {
  const id = useUniqueId();
  const rows = useSignal<readonly HistoryRow[]>([]);
  const chosen = useSignal("");
  const { problem, dismiss, attempt } = useActions(link);
  useEffect(() => {
    let left = false;
    const all = { text: "", generator: null, status: null, favorites: false, start: 0, stop: MOST };
    link.request("history.get", all).then(
      ({ result }) => {
        if (!left) rows.value = result.rows;
      },
      // Without the list there is nothing to choose from; what is shown says for itself whether it can be read.
      () => {},
    );
    return () => {
      left = true;
    };
  }, [link]);
  if (rows.value.length < 2) return null;
  const choose = async (batch: string) => {
    const before = chosen.peek();
    chosen.value = batch;
    if (!(await attempt(() => link.request("history.show", { batch: batch || null })))) chosen.value = before;
  };
  return (
    <>
      <span class="bgw-spread" />
      <label class="bgw-sr-only" for={id}>
        Batch
      </label>
      <select
        id={id}
        class="bgw-input bgw-select bgw-tab-batches"
        value={chosen.value}
        onChange={(event) => void choose(event.currentTarget.value)}
      >
        <option value="">All {formatCount(rows.value.length)} batches</option>
        {rows.value.map(({ id: batch, generator, created_at, assets }) => (
          <option key={batch} value={batch}>
            {generator}, {formatMoment(created_at)}, {formatCount(assets, "result")}
          </option>
        ))}
      </select>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
    </>
  );
}
