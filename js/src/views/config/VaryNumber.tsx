/** How a number varies: anywhere in a range, over listed values, or in even steps. */

import { batch } from "@preact/signals";
import type { ParameterSpec } from "../../state/wire.gen";
import { Segments } from "../segments";
import { useStore } from "./context";
import { same } from "./fields";
import {
  expand,
  type NumberRules,
  numberText,
  type Parsed,
  parseList,
  parseRange,
  parseSteps,
  proposeRange,
  rulesOf,
  type Steps,
} from "./parse";
import type { RowIds } from "./Row";
import type { Variation } from "./store";
import { type Drafts, useDrafts } from "./useDrafts";

const MODES = [
  { value: "range", label: "Range" },
  { value: "values", label: "Values" },
  { value: "steps", label: "Steps" },
] as const;
type Mode = (typeof MODES)[number]["value"];
type Part = "low" | "high" | "values" | keyof Steps;

const PARTS: Record<Mode, readonly { key: Part; label: string }[]> = {
  range: [
    { key: "low", label: "From" },
    { key: "high", label: "To" },
  ],
  values: [{ key: "values", label: "Values" }],
  steps: [
    { key: "from", label: "From" },
    { key: "to", label: "To" },
    { key: "count", label: "Count" },
  ],
};

const DEFAULT_STEPS = 5;

interface VaryNumberProps {
  spec: ParameterSpec;
  value: Variation;
  ids: RowIds;
  edit: VaryNumberEdit;
}

/** The texts of the editor and what is wrong with them; held by the row, which shows the problem. */
export interface VaryNumberEdit {
  mode: Mode;
  steps: Steps;
  drafts: Drafts<Part>;
}

const lowest = (values: number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const highest = (values: number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** The ends of whatever varies now: what another mode starts from. */
function endsOf(value: Variation): { low: number; high: number } {
  if (!Array.isArray(value)) return value;
  const numbers = value.filter((item) => typeof item === "number");
  return numbers.length ? { low: lowest(numbers), high: highest(numbers) } : { low: 0, high: 1 };
}

function stepsOf(value: Variation): Steps {
  const { low, high } = endsOf(value);
  const count = Array.isArray(value) && value.length > 1 ? value.length : DEFAULT_STEPS;
  return { from: low, to: high, count };
}

/** The first way to vary a number that a strategy can use: one that combines values needs a list. */
export function firstVariation(range: { low: number; high: number }, rules: NumberRules, needsList: boolean) {
  if (!needsList) return { value: range };
  const steps: Steps = { from: range.low, to: range.high, count: DEFAULT_STEPS };
  return { value: expand(steps, rules), steps };
}

function useTexts(
  spec: ParameterSpec,
  value: Variation | undefined,
): { mode: Mode; steps: Steps; texts: Record<Part, string> } {
  const store = useStore();
  const current: Variation = value ?? [];
  const remembered = store.memory.value[spec.name]?.steps;
  const stepped = Array.isArray(current) && remembered && same(expand(remembered, rulesOf(spec)), current);
  const mode = Array.isArray(current) ? (stepped ? "steps" : "values") : "range";
  const ends = endsOf(current);
  const steps = stepped ? remembered : stepsOf(current);
  return {
    mode,
    steps,
    texts: {
      low: numberText(ends.low),
      high: numberText(ends.high),
      values: Array.isArray(current) ? current.map(numberText).join(", ") : "",
      from: numberText(steps.from),
      to: numberText(steps.to),
      count: numberText(steps.count),
    },
  };
}

export function useVaryNumber(spec: ParameterSpec, value: Variation | undefined): VaryNumberEdit {
  const store = useStore();
  const rules = rulesOf(spec);
  const { mode, steps, texts } = useTexts(spec, value);
  const parse = (typed: Record<Part, string>): Parsed<Variation | Steps, Part> => {
    if (mode === "range") return parseRange(typed, rules);
    return mode === "values" ? parseList(typed.values, rules) : parseSteps(typed, rules);
  };
  const commit = (next: Variation | Steps) => {
    if (Array.isArray(next) || !("count" in next)) return store.setRange(spec.name, next);
    batch(() => {
      store.remember(spec.name, { steps: next });
      store.setRange(spec.name, expand(next, rules));
    });
  };
  return { mode, steps, drafts: useDrafts(texts, parse, commit, () => void store.flush()) };
}

export function VaryNumber({ spec, value, ids, edit }: VaryNumberProps) {
  const store = useStore();
  const rules = rulesOf(spec);
  const { mode, drafts } = edit;
  const choose = (next: Mode) => {
    if (next === mode) return;
    drafts.reset();
    batch(() => {
      if (next === "range") {
        const { low, high } = endsOf(value);
        store.setRange(spec.name, low < high ? { low, high } : proposeRange(low, rules));
      } else {
        const steps = stepsOf(value);
        const list = Array.isArray(value) && next === "values" ? value : expand(steps, rules);
        if (next === "steps") store.remember(spec.name, { steps });
        else store.forgetSteps(spec.name);
        store.setRange(spec.name, list);
      }
    });
    void store.flush();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't be a grid cell without a legend of its own
    <div class="bgw-vary" role="group" aria-labelledby={ids.labelId}>
      <Segments label={`How ${spec.label} varies`} options={MODES} value={mode} onChange={choose} />
      <div class={`bgw-vary-parts bgw-vary-${mode}`}>
        {PARTS[mode].map(({ key, label }) => (
          <label key={key} class="bgw-vary-part">
            <span class={mode === "steps" ? "bgw-vary-name" : "bgw-sr-only"}>{label}</span>
            <input
              class="bgw-input bgw-number-input"
              type="text"
              inputMode={mode === "values" ? "text" : "decimal"}
              autocomplete="off"
              spellcheck={false}
              {...ids.part(drafts.problem?.at === key)}
              {...drafts.bind(key)}
            />
          </label>
        ))}
      </div>
      {mode === "steps" && Array.isArray(value) && <ValuesLine values={value.map(numberText)} />}
    </div>
  );
}

/** What the steps come to. */
function ValuesLine({ values }: { values: string[] }) {
  const text = values.join(", ");
  return (
    <span class="bgw-vary-about bgw-vary-sum bgw-number" title={text}>
      {text}
    </span>
  );
}
