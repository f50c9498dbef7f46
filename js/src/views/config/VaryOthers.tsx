/** How choices, switches and seeds vary. */

import type { ParameterSpec, VariationSettings } from "../../state/wire.gen";
import { Segments } from "../segments";
import { allChoices } from "./BaseRow";
import { useStore } from "./context";
import { type NumberRules, numberText, parseRange, type Scalar } from "./parse";
import type { RowIds } from "./Row";
import { type Drafts, useDrafts } from "./useDrafts";

interface VaryChoicesProps {
  spec: ParameterSpec;
  values: Scalar[];
  ids: RowIds;
  onChange: (values: Scalar[]) => void;
}

/** Chips of the allowed values; the chosen ones vary. */
export function VaryChoices({ spec, values, ids, onChange }: VaryChoicesProps) {
  const toggle = (value: Scalar) =>
    onChange(
      allChoices(spec)
        .map((choice) => choice.value)
        .filter((other) => (other === value) !== values.includes(other)),
    );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't take the row's label as its name
    <div class="bgw-chips" role="group" aria-labelledby={ids.labelId}>
      {allChoices(spec).map(({ value, label }, index) => (
        <button
          key={label}
          type="button"
          class="bgw-chip"
          aria-pressed={values.includes(value)}
          aria-describedby={ids.control["aria-describedby"]}
          data-blocked={index === 0 ? ids.control["data-blocked"] : undefined}
          onClick={() => toggle(value)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

const POLICIES = [
  { value: "shared", label: "Shared", about: "Every combination gets the same seeds." },
  { value: "per_task", label: "Per task", about: "Every task gets a seed of its own." },
] as const;

export type SeedDrafts = Drafts<"low" | "high">;

export function useSeedDrafts(spec: ParameterSpec | undefined, range: number[]): SeedDrafts {
  const store = useStore();
  const rules: NumberRules = {
    type: "int",
    minimum: spec?.minimum ?? 0,
    maximum: spec?.maximum ?? null,
    step: null,
    optional: false,
  };
  return useDrafts(
    { low: numberText(range[0]), high: numberText(range[1]) },
    (texts) => parseRange(texts, rules),
    ({ low, high }) => store.setVariation("seed_range", [low, high]),
    () => void store.flush(),
  );
}

interface VarySeedsProps {
  variation: VariationSettings;
  ids: RowIds;
  drafts: SeedDrafts;
}

/** The range that seeds are drawn from, and whether the cells of a combination share them. */
export function VarySeeds({ variation, ids, drafts }: VarySeedsProps) {
  const store = useStore();
  const combines = variation.strategy === "grid" || variation.strategy === "one_at_a_time";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't take the row's label as its name
    <div class="bgw-vary" role="group" aria-labelledby={ids.labelId}>
      <div class="bgw-vary-parts bgw-vary-range">
        {(["low", "high"] as const).map((key) => (
          <label key={key} class="bgw-vary-part">
            <span class="bgw-sr-only">{key === "low" ? "From" : "To"}</span>
            <input
              class="bgw-input bgw-number-input"
              type="text"
              inputMode="numeric"
              autocomplete="off"
              {...ids.part(drafts.problem?.at === key)}
              {...drafts.bind(key)}
            />
          </label>
        ))}
      </div>
      {combines && (
        <>
          <Segments
            label="Seed policy"
            options={POLICIES}
            value={variation.seed_policy}
            onChange={(policy) => {
              store.setVariation("seed_policy", policy);
              void store.flush();
            }}
          />
          <span class="bgw-vary-about">{POLICIES.find(({ value }) => value === variation.seed_policy)?.about}</span>
        </>
      )}
    </div>
  );
}
