/** The lineage of a result, opened from the gallery. */

import { useEffect } from "preact/hooks";
import { IconButton } from "../controls";
import { useDialog } from "../dialog";
import type { ToolProps } from "../gallery/tools";
import { useUniqueId } from "../ids";
import { type LineageBatch, LineageView } from "./LineageView";

interface LineageProps extends ToolProps {
  /** The id of a result; without it, the one that is selected, or else active, in the gallery. */
  asset?: string;
}

/** The id of the result that a person means; null when there is none, undefined until its record is here. */
function useMeant({ model, asset }: LineageProps): string | null | undefined {
  const position = model.selection.count === 1 ? model.selection.sorted[0] : model.active.value;
  const meant = asset === undefined ? position : undefined;
  useEffect(() => {
    if (meant !== undefined) model.records.want([meant]);
  }, [model, meant]);
  if (asset !== undefined) return asset;
  const record = meant === undefined ? null : model.records.get(meant);
  return record === null ? null : record?.id;
}

export function LineageDialog(props: LineageProps) {
  const { model, link, onClose } = props;
  const { close, props: dialog } = useDialog(onClose);
  const titleId = useUniqueId();
  const meant = useMeant(props);
  const canShow = model.link.trait("gallery").value.offers.includes("history");
  const showBatch = async ({ batch }: LineageBatch) => {
    await link.request("history.show", { batch });
    close();
  };
  return (
    <dialog class="bgw-dialog bgw-lineage-dialog" aria-labelledby={titleId} {...dialog}>
      <LineageView link={link} asset={meant} titleId={titleId} onShowBatch={canShow ? showBatch : undefined}>
        <IconButton icon="close" label="Close" onClick={close} />
      </LineageView>
    </dialog>
  );
}
