/** What the gallery shows, in which order, and how large. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { conditionCount, type MarkFilter } from "../../state/query";
import { Button, IconButton } from "../controls";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { Segments } from "../segments";
import { fieldName } from "./words";

const MARKS: readonly { value: MarkFilter | "all"; label: string }[] = [
  { value: "all", label: "All" },
  { value: "favorite", label: "Favorites" },
  { value: "unmarked", label: "Unselected" },
  { value: "discarded", label: "Discarded" },
];

export type View = "grid" | "sweep";

export const SMALLEST_TILE = 88;
export const LARGEST_TILE = 328;

interface ToolbarProps {
  model: GalleryModel;
  /** Whether there is room for the secondary controls beside the others. */
  wide: boolean;
  search: RefObject<HTMLInputElement | null>;
  view: View;
  onView: (view: View) => void;
  size: number;
  onSize: (size: number) => void;
  /** Whether the filters are open, and the id of their panel. */
  filtering: boolean;
  filtersId: string;
  onFilters: () => void;
}

function Search({ model, search }: Pick<ToolbarProps, "model" | "search">) {
  const { text } = model.query.value.value;
  return (
    <div class="bgw-search">
      <Icon name="search" />
      <input
        ref={search}
        type="search"
        class="bgw-input"
        aria-label="Search prompts, texts and file names"
        placeholder="Search"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onFocus={() => model.useColumns()}
        onInput={(event) => model.query.change({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !model.query.value.peek().text) return;
          event.stopPropagation();
          event.preventDefault();
          model.query.change({ text: "" });
        }}
      />
      {text && (
        <IconButton
          class="bgw-clear"
          icon="close"
          label="Clear search"
          onClick={() => {
            model.query.change({ text: "" });
            search.current?.focus();
          }}
        />
      )}
    </div>
  );
}

const ALWAYS = ["name", "size", "created"];

/** The fields to sort by: those that differ, as far as is known, and the one that is chosen. */
function sortFields(model: GalleryModel, sort: string | null): { name: string; label: string; group: string }[] {
  const fields = new Map<string, string>();
  const record = model.records.get(model.shown.value[0] ?? 0);
  for (const name of Object.keys(record?.params ?? {})) fields.set(name, "parameter");
  for (const name of Object.keys(record?.metrics ?? {})) if (!fields.has(name)) fields.set(name, "metric");
  for (const { name, group } of model.columns.all) if (!fields.has(name)) fields.set(name, group);
  for (const name of [...ALWAYS, "kind", "mark", "task", "duration"]) if (!fields.has(name)) fields.set(name, "field");
  if (sort !== null && !fields.has(sort)) fields.set(sort, "parameter");
  fields.delete("status");
  return [...fields].map(([name, group]) => ({ name, label: fieldName(name, group), group }));
}

const GROUPS = [
  ["parameter", "Parameters"],
  ["metric", "Metrics"],
  ["field", "Results"],
] as const;

function Sort({ model }: { model: GalleryModel }) {
  const id = useUniqueId();
  const { sort, descending } = model.query.value.value;
  const fields = sortFields(model, sort);
  return (
    <div class="bgw-sort">
      <label class="bgw-sr-only" for={id}>
        Sort by
      </label>
      <select
        id={id}
        class="bgw-input bgw-select"
        value={sort ?? ""}
        onFocus={() => model.useColumns()}
        onChange={(event) => model.query.change({ sort: event.currentTarget.value || null })}
      >
        <option value="">In order of arrival</option>
        {GROUPS.map(([group, label]) => {
          const some = fields.filter((field) => field.group === group);
          return some.length ? (
            <optgroup key={group} label={label}>
              {some.map((field) => (
                <option key={field.name} value={field.name}>
                  By {field.label}
                </option>
              ))}
            </optgroup>
          ) : null;
        })}
      </select>
      <IconButton
        icon={descending ? "down" : "up"}
        label="Largest first"
        pressed={descending}
        unavailable={sort === null}
        onClick={() => model.query.change({ descending: !descending })}
      />
    </div>
  );
}

function TileSize({ size, onSize }: Pick<ToolbarProps, "size" | "onSize">) {
  const id = useUniqueId();
  return (
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
  );
}

/** A button that opens a small panel of controls. Escape and a press outside close it. */
function Drawer({ children }: { children: ComponentChildren }) {
  const id = useUniqueId();
  const root = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  useEffect(() => {
    if (!open.value) return;
    const outside = (event: Event) => {
      if (root.current && !event.composedPath().includes(root.current)) open.value = false;
    };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [open.value]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape in any of its controls
    <div
      class="bgw-menu"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open.peek()) return;
        event.stopPropagation();
        open.value = false;
        root.current?.querySelector("button")?.focus();
      }}
    >
      <IconButton
        icon="tune"
        label="Order and size"
        expanded={open.value}
        controls={open.value ? id : undefined}
        onClick={() => {
          open.value = !open.peek();
        }}
      />
      {open.value && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend
        <div class="bgw-menu-list bgw-drawer" id={id} role="group" aria-label="Order and size">
          {children}
        </div>
      )}
    </div>
  );
}

export function Toolbar({
  model,
  wide,
  search,
  view,
  onView,
  filtering,
  filtersId,
  onFilters,
  ...sizes
}: ToolbarProps) {
  const query = model.query.value.value;
  const [unmarked, favorite, discarded] = model.matchingCounts.value;
  const counts = { all: unmarked + favorite + discarded, unmarked, favorite, discarded };
  const active = conditionCount(query);
  const views = (model.varies || view === "sweep") && (
    <Segments
      label="View"
      options={[
        { value: "grid", label: "Grid" },
        { value: "sweep", label: "Sweep" },
      ]}
      value={view}
      onChange={onView}
    />
  );
  const secondary = (
    <>
      <Sort model={model} />
      {views}
      {view === "grid" && <TileSize {...sizes} />}
    </>
  );
  return (
    <div class="bgw-gallery-tools">
      <Search model={model} search={search} />
      <Segments
        label="Show"
        options={MARKS.map(({ value, label }) => ({ value, label, count: counts[value] }))}
        value={query.mark ?? "all"}
        onChange={(value) => model.query.change({ mark: value === "all" ? null : value })}
      />
      <div class="bgw-gallery-more">
        <Button
          icon="filter"
          expanded={filtering}
          controls={filtering ? filtersId : undefined}
          class={active ? "bgw-is-on" : ""}
          onClick={onFilters}
        >
          Filters{active > 0 && <span class="bgw-number"> {active}</span>}
        </Button>
        {wide ? secondary : <Drawer>{secondary}</Drawer>}
      </div>
    </div>
  );
}
