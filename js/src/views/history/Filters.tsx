/** What of the history is listed. */

import type { BatchSummary } from "../../state/wire.gen";
import { IconButton, Switch } from "../controls";
import { Icon } from "../icons";
import type { HistoryFilter } from "./list";

const STATUSES: readonly BatchSummary["status"][] = [
  "completed",
  "failed",
  "cancelled",
  "interrupted",
  "running",
  "paused",
  "pending",
];

interface SelectProps {
  label: string;
  all: string;
  options: readonly string[];
  value: string | null;
  onChange: (value: string | null) => void;
}

function Select({ label, all, options, value, onChange }: SelectProps) {
  return (
    <select
      class="bgw-input bgw-select"
      aria-label={label}
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    >
      <option value="">{all}</option>
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

interface FiltersProps {
  filter: HistoryFilter;
  generators: readonly string[];
  onChange: (change: Partial<HistoryFilter>) => void;
}

export function SearchBox({ filter, onChange }: Omit<FiltersProps, "generators">) {
  return (
    <div class="bgw-search">
      <Icon name="search" />
      <input
        type="search"
        class="bgw-input"
        aria-label="Search prompts and generators"
        placeholder="Search prompts"
        autocomplete="off"
        spellcheck={false}
        value={filter.text}
        onInput={(event) => onChange({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || !filter.text) return;
          event.preventDefault();
          onChange({ text: "" });
        }}
      />
      {filter.text && (
        <IconButton class="bgw-clear" icon="close" label="Clear search" onClick={() => onChange({ text: "" })} />
      )}
    </div>
  );
}

export function Choices({ filter, generators, onChange }: FiltersProps) {
  return (
    <>
      {generators.length > 1 && (
        <Select
          label="Generator"
          all="All generators"
          options={generators}
          value={filter.generator}
          onChange={(generator) => onChange({ generator })}
        />
      )}
      <Select
        label="Status"
        all="Any status"
        options={STATUSES}
        value={filter.status}
        onChange={(status) => onChange({ status: status as HistoryFilter["status"] })}
      />
      <Switch label="With favorites" checked={filter.favorites} onChange={(favorites) => onChange({ favorites })} />
    </>
  );
}

export function Filters(props: FiltersProps) {
  return (
    <div class="bgw-history-filters">
      <SearchBox {...props} />
      <Choices {...props} />
    </div>
  );
}
