/** Leads from a result to its relatives, where it has any. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { lineage } from "../../parts";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { Lineage } from "../../state/wire.gen";
import { Button } from "../controls";
import { Late } from "../late";
import { PARENT } from "./icons";

/** Whoever leafs on asks for nothing. */
const REST_MS = 200;

/** "made from 1, used for 3"; empty where there is neither. */
function wordsFor({ asset, edges }: Lineage): string {
  const from = edges.filter(({ child }) => child === asset).length;
  const into = edges.filter(({ parent }) => parent === asset).length;
  return [from && `made from ${formatCount(from)}`, into && `used for ${formatCount(into)}`].filter(Boolean).join(", ");
}

interface LineageLinkProps {
  model: GalleryModel;
  /** The id of the result on show. Give it as the key, too. */
  asset: string;
  /** The id of the result whose lineage is open. */
  opened: Signal<string | null>;
}

export function LineageLink({ model, asset, opened }: LineageLinkProps) {
  const words = useSignal("");
  const from = useRef<Element | null>(null);
  const offered = offersLineage(model);
  useEffect(() => {
    if (!offered) return;
    let left = false;
    const timer = setTimeout(() => {
      model.link.request("lineage.get", { asset }).then(
        ({ result }) => {
          if (!left) words.value = wordsFor(result);
        },
        // A link that is not there is missed by nobody; the tool in the menu says what is wrong.
        () => {},
      );
    }, REST_MS);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [model, asset, offered]);
  const of = opened.value;
  if (of !== null) from.current ??= document.activeElement;
  const close = () => {
    opened.value = null;
    if (from.current instanceof HTMLElement) from.current.focus();
    from.current = null;
  };
  return (
    <>
      {words.value && (
        <div class="bgw-lineage-link">
          <Button
            icon={PARENT}
            onClick={() => {
              opened.value = asset;
            }}
          >
            Lineage
          </Button>
          <span class="bgw-small bgw-muted bgw-number">{words.value}</span>
        </div>
      )}
      {of !== null && (
        <Late part={lineage} link={model.link} what="the lineage" onClose={close}>
          {({ Dialog }) => <Dialog model={model} link={model.link} asset={of} onClose={close} />}
        </Late>
      )}
    </>
  );
}

/** Whether who answers here knows which results were made from which. */
export function offersLineage(model: GalleryModel): boolean {
  return model.link.trait("gallery").value.offers.includes("lineage");
}
