/** How many tasks, and how what varies is combined. */

import type { Settings, VariationSettings } from "../../state/wire.gen";
import { Switch } from "../controls";
import { usePlanProblem, useStore } from "./context";
import { NumberInput, useNumberDraft } from "./NumberControl";
import { allowedText, type NumberRules } from "./parse";
import { Row } from "./Row";

type Strategy = VariationSettings["strategy"];

const STRATEGIES: Record<Strategy, { label: string; about: string; size: string }> = {
  random: {
    label: "Random",
    about: "Each task draws its own seed, prompt and values.",
    size: "Tasks to draw",
  },
  grid: {
    label: "Grid",
    about: "Every combination; batch size is the seeds of each.",
    size: "Seeds for each combination",
  },
  zip: {
    label: "Zip",
    about: "Lists advance together: first with first, second with second.",
    size: "Lists set the number of tasks",
  },
  latin_hypercube: {
    label: "Latin hypercube",
    about: "Spreads the tasks evenly over every range and list.",
    size: "Tasks to spread",
  },
  sobol: {
    label: "Sobol",
    about: "Fills the ranges evenly, and goes on where it stopped when you add more.",
    size: "Points of the sequence",
  },
  one_at_a_time: {
    label: "One at a time",
    about: "The base settings, then each value of each parameter alone.",
    size: "Seeds for each value",
  },
};

const SIZE: NumberRules = { type: "int", minimum: 1, maximum: 1_000_000, step: null, optional: false };

/** Batch mode and, when it is on, the size. */
export function BatchSection({ settings }: { settings: Settings }) {
  const store = useStore();
  const { enabled, batch_size: size, variation_params: variation } = settings.config;
  const draft = useNumberDraft(
    size,
    SIZE,
    (next) => store.setConfig("batch_size", next ?? 1),
    () => void store.flush(),
  );
  const fields = ["batch_size"];
  const planProblem = usePlanProblem(fields);
  return (
    <div class="bgw-batch" data-field="enabled">
      <Switch
        label="Batch mode"
        checked={enabled}
        onChange={(on) => {
          draft.reset();
          store.abandon("batch_size", "seed_range", "prompt_variations", "strategy", "seed_policy");
          store.setConfig("enabled", on);
          void store.flush();
        }}
      />
      {enabled ? (
        <Row
          label="Batch size"
          fields={fields}
          hint={`${STRATEGIES[variation.strategy].size} · ${allowedText(SIZE)}`}
          problem={draft.problem?.problem ?? store.refusal("batch_size")}
          planProblem={planProblem}
        >
          {(ids) => <NumberInput draft={draft} rules={SIZE} control={ids.control} />}
        </Row>
      ) : (
        <span class="bgw-small bgw-muted">Makes one task.</span>
      )}
    </div>
  );
}

export function StrategySection({ variation }: { variation: VariationSettings }) {
  const store = useStore();
  const fields = ["strategy"];
  const planProblem = usePlanProblem(fields);
  return (
    <Row label="Strategy" fields={fields} problem={store.refusal("strategy")} planProblem={planProblem}>
      {(ids) => (
        <>
          <select
            {...ids.control}
            class="bgw-input bgw-select"
            value={variation.strategy}
            aria-describedby={[ids.control["aria-describedby"], `${ids.control.id}-about`].filter(Boolean).join(" ")}
            onChange={(event) => {
              store.setVariation("strategy", event.currentTarget.value as Strategy);
              void store.flush();
            }}
          >
            {Object.entries(STRATEGIES).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
          <span class="bgw-strategy-about bgw-small bgw-muted" id={`${ids.control.id}-about`}>
            {STRATEGIES[variation.strategy].about}
          </span>
        </>
      )}
    </Row>
  );
}
