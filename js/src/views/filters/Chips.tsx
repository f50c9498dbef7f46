/** The conditions that restrict what is shown, each with a way to take it away. */

import { useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { Button } from "../controls";
import { Icon } from "../icons";
import { conditionText } from "./words";

export function Chips({ model, onEmpty }: { model: GalleryModel; onEmpty: () => void }) {
  const root = useRef<HTMLDivElement>(null);
  const { where } = model.query.value.value;
  const names = Object.keys(where);
  if (!names.length) return null;
  const remove = (name: string) => {
    model.query.restrict(name, null);
    // The focus goes to the chip that takes the place, or to what opens the filters.
    const at = names.indexOf(name);
    requestAnimationFrame(() => {
      const chips = root.current?.querySelectorAll<HTMLElement>(".bgw-chip");
      const next = chips?.[Math.min(at, chips.length - 1)];
      if (next) next.focus();
      else onEmpty();
    });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend
    <div class="bgw-chips" role="group" aria-label="Active filters" ref={root}>
      {names.map((name) => {
        const condition = where[name];
        const text = condition && conditionText(name, model.columns.column(name)?.group ?? "field", condition);
        return (
          <button
            key={name}
            type="button"
            class="bgw-chip"
            aria-label={`Remove filter: ${text}`}
            title="Remove filter"
            onClick={() => remove(name)}
          >
            <span class="bgw-chip-text">{text}</span>
            <Icon name="close" />
          </button>
        );
      })}
      <Button
        kind="quiet"
        onClick={() => {
          model.query.showAll();
          onEmpty();
        }}
      >
        Clear filters
      </Button>
    </div>
  );
}
