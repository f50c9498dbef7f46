/** What the gallery shows and how large. */

import { FILTERS, type Filter } from "../../state/marks";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { Segments } from "../segments";

const FILTER_LABELS: Record<Filter, string> = {
  all: "All",
  favorites: "Favorites",
  unselected: "Unselected",
  discarded: "Discarded",
};

export const SMALLEST_TILE = 88;
export const LARGEST_TILE = 328;

interface ToolbarProps {
  counts: Record<Filter, number>;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  size: number;
  onSize: (size: number) => void;
}

export function Toolbar({ counts, filter, onFilter, size, onSize }: ToolbarProps) {
  const id = useUniqueId();
  return (
    <div class="bgw-gallery-tools">
      <Segments
        label="Show"
        options={FILTERS.map((value) => ({ value, label: FILTER_LABELS[value], count: counts[value] }))}
        value={filter}
        onChange={onFilter}
      />
      <span class="bgw-spread" />
      <div class="bgw-tile-size">
        <Icon name="tilesSmall" />
        <label class="bgw-sr-only" for={id}>
          Tile size
        </label>
        <input
          id={id}
          class="bgw-slider bgw-tile-slider"
          style={{ "--bgw-fill": `${(100 * (size - SMALLEST_TILE)) / (LARGEST_TILE - SMALLEST_TILE)}%` }}
          type="range"
          min={SMALLEST_TILE}
          max={LARGEST_TILE}
          step={16}
          value={size}
          aria-valuetext={`${size} pixels`}
          onInput={(event) => onSize(event.currentTarget.valueAsNumber)}
        />
        <Icon name="tilesLarge" />
      </div>
    </div>
  );
}
