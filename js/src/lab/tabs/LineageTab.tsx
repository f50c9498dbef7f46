/** The results of a batch in a strip, and below it the lineage of the one that is chosen. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { lineage } from "../../parts";
import { formatCount } from "../../state/format";
import { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import { Empty, Notice } from "../../views/controls";
import { Late } from "../../views/late";
import type { LineageBatch } from "../../views/lineage/LineageView";
import type { BatchEntry } from "../model";
import { Strip } from "./Strip";

interface LineageTabProps {
  link: KernelLink;
  onOpenBatch?: ((batch: BatchEntry) => void) | undefined;
}

export function LineageTab({ link, onOpenBatch }: LineageTabProps) {
  const { source, total } = link.trait("gallery").value;
  return (
    <section class="bgw-panel bgw-lineage-tab" aria-label="Lineage">
      {source && total > 0 ? (
        <OfBatch key={source} link={link} source={source} onOpenBatch={onOpenBatch} />
      ) : (
        <Empty icon="image" title="No results yet">
          Start a batch, and its results appear here with what they were made from.
        </Empty>
      )}
    </section>
  );
}

/** Give it the source as its key: another batch begins anew. */
function OfBatch({ link, source, onOpenBatch }: LineageTabProps & { source: string }) {
  const model = useMemo(() => new GalleryModel(link, source), [link, source]);
  useEffect(() => () => model.close(), [model]);
  const chosen = useSignal(0);
  const trashed = model.marks.trashed.value;
  const { total } = link.trait("gallery").value;
  const positions = useMemo(
    () => Array.from({ length: total }, (_, position) => position).filter((position) => !trashed.has(position)),
    [total, trashed],
  );
  // What went to the trash makes room for its neighbour.
  const at = Math.max(
    0,
    positions.findLastIndex((position) => position <= chosen.value),
  );
  const position = positions[at];
  const record = position === undefined ? null : model.records.get(position);
  const openBatch = ({ batch, generator, created_at }: LineageBatch) =>
    onOpenBatch?.({ id: batch, generator: generator ?? "", created_at: created_at ?? 0 });
  const problem = model.records.problem.value ?? model.thumbnails.problem.value;
  if (position === undefined) {
    return (
      <Empty icon="image" title="All in the trash">
        Results that are brought back from it appear here.
      </Empty>
    );
  }
  return (
    <>
      <Strip
        model={model}
        positions={positions}
        at={at}
        label={`${formatCount(positions.length, "result")} to look at`}
        onChoose={(next) => {
          chosen.value = positions[next] ?? 0;
        }}
      />
      {problem && <Notice>Some results could not be shown: {problem}</Notice>}
      <Late part={lineage} link={link} what="the lineage">
        {({ LineageView }) => (
          <LineageView link={link} asset={record === null ? null : record?.id} onShowBatch={onOpenBatch && openBatch} />
        )}
      </Late>
    </>
  );
}
