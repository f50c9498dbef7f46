/** Values to choose from, with how many results have each. */

import { useSignal } from "@preact/signals";
import { formatCount, formatValue } from "../../state/format";
import { fold } from "../../state/matching";
import { type Condition, isRange } from "../../state/query";
import { useUniqueId } from "../ids";
import type { Value, ValueFacet } from "./facets";

/** More values than this can be searched, and are not all listed. */
const MANY = 12;
/** So many are listed before a person asks for all. */
const FEW = 8;
const MOST = 200;
const LONGEST = 90;

interface ValuesProps {
  facet: ValueFacet;
  condition: Condition | undefined;
  onChange: (condition: Condition | null) => void;
}

function textOf(value: Value): string {
  if (value === "") return "(empty)";
  return formatValue(value);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text;
}

/** The value as the column's texts have it: a condition from Python may hold the number of a text. */
function isChosen(chosen: readonly Value[], value: Value): boolean {
  return chosen.some((one) => one === value || (one !== null && typeof value === "string" && String(one) === value));
}

export function Values({ facet, condition, onChange }: ValuesProps) {
  const id = useUniqueId();
  const wanted = useSignal("");
  const all = useSignal(false);
  const chosen: readonly Value[] = condition && !isRange(condition) ? condition.values : [];
  const words = fold(wanted.value.trim());
  const many = facet.values.length > MANY;
  const found = words ? facet.values.filter(({ value }) => fold(textOf(value)).includes(words)) : facet.values;
  const most = all.value ? MOST : FEW;
  // What is chosen is listed in any case, to be taken back.
  const listed = found.filter(({ value }, index) => index < most || isChosen(chosen, value));
  const toggle = (value: Value) => {
    const next = isChosen(chosen, value)
      ? chosen.filter((one) => one !== value && !(one !== null && String(one) === value))
      : [...chosen, value];
    onChange(next.length ? { values: next } : null);
  };
  return (
    <div class="bgw-facet-body">
      {many && (
        <input
          type="search"
          class="bgw-input"
          aria-label={`Find a value of ${facet.name}`}
          placeholder={`Find in ${formatCount(facet.values.length, "value")}`}
          value={wanted.value}
          onInput={(event) => {
            wanted.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !wanted.peek()) return;
            event.stopPropagation();
            wanted.value = "";
          }}
        />
      )}
      <ul class="bgw-facet-values">
        {listed.map(({ value, count }, index) => {
          const text = textOf(value);
          const on = isChosen(chosen, value);
          return (
            <li key={`${typeof value} ${value}`}>
              <label class={`bgw-facet-value${count || on ? "" : " bgw-is-none"}`} for={`${id}-${index}`} title={text}>
                <input id={`${id}-${index}`} type="checkbox" checked={on} onChange={() => toggle(value)} />
                <span class="bgw-facet-text">{cut(text)}</span>{" "}
                <span class="bgw-muted bgw-number">{formatCount(count)}</span>
              </label>
            </li>
          );
        })}
      </ul>
      {!listed.length && <p class="bgw-muted bgw-small">No such value.</p>}
      {found.length > FEW && (
        <button
          type="button"
          class="bgw-facet-all"
          onClick={() => {
            all.value = !all.peek();
          }}
        >
          {all.value ? "Show fewer" : `Show ${formatCount(Math.min(MOST, found.length))} values`}
        </button>
      )}
      {all.value && found.length > MOST && (
        <p class="bgw-muted bgw-small">The first {MOST}; search for one of the others.</p>
      )}
    </div>
  );
}
