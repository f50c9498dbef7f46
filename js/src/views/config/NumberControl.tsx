/** A number: typed, stepped with the arrow keys, and dragged where it has two bounds. */

import type { ComponentChildren } from "preact";
import { IconButton } from "../controls";
import { type NumberRules, numberText, parseNumber } from "./parse";
import type { ControlProps } from "./Row";
import { type Drafts, useDrafts } from "./useDrafts";

export type NumberDraft = Drafts<"value">;

export function useNumberDraft(
  value: unknown,
  rules: NumberRules,
  commit: (value: number | null) => void,
  settle: () => void,
): NumberDraft {
  return useDrafts({ value: numberText(value) }, ({ value: text }) => parseNumber(text, rules), commit, settle);
}

interface NumberInputProps {
  draft: NumberDraft;
  rules: NumberRules;
  control: ControlProps;
}

/** The text field; arrow up and down step, ten times with Shift. */
export function NumberInput({ draft, rules, control }: NumberInputProps) {
  const bound = draft.bind("value");
  const step = (event: KeyboardEvent) => {
    bound.onKeyDown(event);
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (!direction) return;
    event.preventDefault();
    const by = (rules.step ?? (rules.type === "int" ? 1 : 0.1)) * (event.shiftKey ? 10 : 1);
    const now = Number(draft.texts.value) || 0;
    const low = rules.minimum ?? -Infinity;
    const next = Math.min(rules.maximum ?? Infinity, Math.max(low, now + direction * by));
    draft.type("value", numberText(next));
  };
  return (
    <input
      {...control}
      class="bgw-input bgw-number-input"
      type="text"
      inputMode={rules.type === "int" ? "numeric" : "decimal"}
      autocomplete="off"
      spellcheck={false}
      placeholder={rules.optional ? "none" : undefined}
      {...bound}
      onKeyDown={step}
    />
  );
}

interface SliderProps {
  label: string;
  rules: NumberRules;
  value: unknown;
  onInput: (value: number) => void;
  onSettle: () => void;
}

/** A slider where both bounds are known, else nothing. */
export function Slider({ label, rules, value, onInput, onSettle }: SliderProps) {
  const { minimum, maximum } = rules;
  if (minimum === null || maximum === null || minimum >= maximum) return null;
  const step = rules.step ?? (rules.type === "int" ? 1 : fineStep(maximum - minimum));
  const none = typeof value !== "number";
  const shown = none ? minimum : Math.min(maximum, Math.max(minimum, value));
  return (
    <input
      type="range"
      class={`bgw-slider${none ? " bgw-slider-none" : ""}`}
      aria-label={`${label} slider`}
      aria-valuetext={none ? "none" : undefined}
      min={minimum}
      max={maximum}
      step={step}
      value={shown}
      style={{ "--bgw-fill": `${((shown - minimum) / (maximum - minimum)) * 100}%` }}
      onInput={(event) => onInput(Number(event.currentTarget.value))}
      onChange={onSettle}
    />
  );
}

/** About 200 stops at a round distance. */
function fineStep(span: number): number {
  const step = 10 ** Math.floor(Math.log10(span / 100));
  return Number(step.toPrecision(1));
}

/** Takes the value of an optional parameter away. */
export function ClearButton({ label, shown, onClear }: { label: string; shown: boolean; onClear: () => void }) {
  if (!shown) return null;
  return <IconButton class="bgw-clear" label={`Set ${label} to none`} icon="close" onClick={onClear} />;
}

interface NumberControlProps extends NumberInputProps {
  label: string;
  value: unknown;
  slider: boolean;
  onChange: (value: number | null) => void;
  onSettle: () => void;
  /** Beside the text field, as a dice. */
  children?: ComponentChildren;
}

export function NumberControl({
  label,
  value,
  slider,
  rules,
  draft,
  control,
  onChange,
  onSettle,
  children,
}: NumberControlProps) {
  const set = (next: number | null) => {
    draft.reset();
    onChange(next);
  };
  return (
    <div class="bgw-number-control">
      {slider && <Slider label={label} rules={rules} value={value} onInput={set} onSettle={onSettle} />}
      <ClearButton label={label} shown={rules.optional && value !== null} onClear={() => set(null)} />
      <NumberInput draft={draft} rules={rules} control={control} />
      {children}
    </div>
  );
}
