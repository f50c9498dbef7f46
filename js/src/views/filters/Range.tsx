/** A range of numbers: how they are spread, two handles, and two fields. */

import { useSignal } from "@preact/signals";
import { formatName } from "../../state/describe";
import { formatCount, formatValue } from "../../state/format";
import { type Condition, isRange } from "../../state/query";
import type { RangeFacet } from "./facets";

interface RangeProps {
  facet: RangeFacet;
  condition: Condition | undefined;
  onChange: (condition: Condition | null) => void;
}

/** As many places on a slider as a hand can hit. */
const STEPS = 200;

/** A step of 1, 2 or 5 with any number of zeros, so that the handles stop at short numbers. */
function stepOf({ min, max, whole }: RangeFacet): number {
  const least = (max - min) / STEPS || 1;
  const tenth = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((factor) => factor * tenth >= least * 0.999) ?? 10) * tenth;
  return whole ? Math.max(1, Math.round(step)) : step;
}

/** A number without the noise of its steps. */
function clean(value: number): number {
  return Number(value.toPrecision(10));
}

interface EndProps {
  label: string;
  value: number | null;
  placeholder: number;
  onChange: (value: number | null) => boolean;
}

/** A field for one end; what is no number, or on the wrong side of the other end, stays a draft. */
function End({ label, value, placeholder, onChange }: EndProps) {
  const draft = useSignal<string | null>(null);
  const wrong = useSignal(false);
  const commit = () => {
    const text = draft.peek();
    if (text === null) return;
    const number = text.trim() === "" ? null : Number(text.trim().replace(",", "."));
    if (number !== null && !Number.isFinite(number)) wrong.value = true;
    else {
      wrong.value = !onChange(number);
      if (!wrong.peek()) draft.value = null;
    }
  };
  return (
    <input
      class="bgw-input bgw-number"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={wrong.value}
      autocomplete="off"
      placeholder={formatValue(placeholder)}
      value={draft.value ?? (value === null ? "" : formatValue(value))}
      onInput={(event) => {
        draft.value = event.currentTarget.value;
      }}
      onChange={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
      }}
    />
  );
}

export function Range({ facet, condition, onChange }: RangeProps) {
  const { min, max, bins } = facet;
  const { low, high } = condition && isRange(condition) ? condition : { low: null, high: null };
  const name = formatName(facet.name);
  const from = Math.max(min, low ?? min);
  const to = Math.min(max, high ?? max);
  const step = stepOf(facet);
  const highest = Math.max(1, ...bins.map(({ total }) => total));
  const set = (nextLow: number | null, nextHigh: number | null) => {
    if (nextLow !== null && nextHigh !== null && nextLow > nextHigh) return false;
    onChange(nextLow === null && nextHigh === null ? null : { low: nextLow, high: nextHigh });
    return true;
  };
  // A handle at its end leaves that end open, so that what arrives later and lies beyond is shown too.
  const slide = (end: "low" | "high", value: number) => {
    if (end === "low") set(value <= min ? null : clean(Math.min(value, to)), high);
    else set(low, value >= max ? null : clean(Math.max(value, from)));
  };
  const share = (value: number) => (100 * (value - min)) / (max - min || 1);
  return (
    <div class="bgw-facet-body">
      <div class="bgw-facet-range" style={{ "--bgw-from": `${share(from)}%`, "--bgw-to": `${share(to)}%` }}>
        <div class="bgw-facet-bars" aria-hidden="true">
          {bins.map(({ count, total }, index) => {
            const middle = min + ((index + 0.5) / bins.length) * (max - min);
            return (
              <div
                key={middle}
                class={middle < from || middle > to ? "bgw-is-out" : ""}
                title={`${formatCount(count)} of ${formatCount(total)}`}
                style={{ height: `${(100 * total) / highest}%`, "--bgw-part": `${(100 * count) / (total || 1)}%` }}
              />
            );
          })}
        </div>
        <div class="bgw-facet-track" />
        <input
          type="range"
          aria-label={`Least ${name}`}
          aria-valuetext={low === null ? `any, from ${formatValue(min)}` : formatValue(from)}
          min={min}
          max={max}
          step={step}
          value={from}
          onInput={(event) => slide("low", event.currentTarget.valueAsNumber)}
        />
        <input
          type="range"
          aria-label={`Largest ${name}`}
          aria-valuetext={high === null ? `any, up to ${formatValue(max)}` : formatValue(to)}
          min={min}
          max={max}
          step={step}
          value={to}
          onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            // The last step may end before the largest number.
            slide("high", value + step > max ? max : value);
          }}
        />
      </div>
      <div class="bgw-facet-ends">
        <End label={`${name} from`} value={low} placeholder={min} onChange={(value) => set(value, high)} />
        <span class="bgw-muted">to</span>
        <End label={`${name} to`} value={high} placeholder={max} onChange={(value) => set(low, value)} />
      </div>
    </div>
  );
}
