/** What there is to filter by, with counts. */

import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import { conditionCount } from "../../state/query";
import { Button, IconButton } from "../controls";
import { fieldName } from "../gallery/words";
import { type Facet, facetsOf } from "./facets";
import { Range } from "./Range";
import { Values } from "./Values";

/** So many groups are open from the start. */
const OPEN = 5;

interface FilterPanelProps {
  model: GalleryModel;
  id: string;
  onClose: () => void;
}

function Group({ model, facet, open }: { model: GalleryModel; facet: Facet; open: boolean }) {
  const condition = model.query.value.value.where[facet.name];
  // What was chosen before the panel opened is to be seen.
  const opened = useSignal(open || condition !== undefined);
  return (
    <details
      class="bgw-facet"
      open={opened.value}
      onToggle={(event) => {
        opened.value = event.currentTarget.open;
      }}
    >
      <summary class="bgw-facet-head">
        <span class="bgw-facet-name">{fieldName(facet.name, facet.group)}</span>
        {condition && <span class="bgw-facet-on">on</span>}
      </summary>
      {opened.value &&
        (facet.kind === "range" ? (
          <Range facet={facet} condition={condition} onChange={(next) => model.query.restrict(facet.name, next)} />
        ) : (
          <Values facet={facet} condition={condition} onChange={(next) => model.query.restrict(facet.name, next)} />
        ))}
    </details>
  );
}

export function FilterPanel({ model, id, onClose }: FilterPanelProps) {
  const root = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    model.useColumns();
    root.current?.focus({ preventScroll: true });
  }, [model]);
  const facets = useComputed(() => facetsOf(model.query.value.value, model.rows)).value;
  const complete = model.columns.complete.value;
  const { total } = model.link.trait("gallery").value;
  return (
    <section
      class="bgw-filters"
      id={id}
      ref={root}
      tabIndex={-1}
      aria-label="Filters"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="bgw-filters-head">
        <h4 class="bgw-subtitle">Filters</h4>
        <span class="bgw-spread" />
        {conditionCount(model.query.value.value) > 0 && (
          <Button kind="quiet" onClick={() => model.query.change({ where: {} })}>
            Clear
          </Button>
        )}
        <IconButton icon="close" label="Close filters" onClick={onClose} />
      </div>
      <div class="bgw-filters-list">
        {!complete && (
          <p class="bgw-muted bgw-small" role="status">
            Reading {formatCount(model.columns.loaded.value)} of {formatCount(total, "result")}
          </p>
        )}
        {complete && !facets.length && <p class="bgw-muted bgw-small">These results differ in nothing.</p>}
        {complete &&
          facets.map((facet, index) => (
            <Group key={`${facet.group} ${facet.name}`} model={model} facet={facet} open={index < OPEN} />
          ))}
      </div>
    </section>
  );
}
