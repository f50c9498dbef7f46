/** Text to values. Every problem says what is allowed. */

import type { ContinuousRange, ParameterSpec } from "../../state/wire.gen";

export type Scalar = string | number | boolean | null;

/** A value, or why there is none; `at` names the part of an editor that the problem is in. */
export type Parsed<T, K extends string = string> = { value: T } | { problem: string; at: K };

export interface NumberRules {
  type: "int" | "float";
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  optional: boolean;
}

export function rulesOf(spec: ParameterSpec): NumberRules {
  const { minimum, maximum, step, optional } = spec;
  return { type: spec.type === "int" ? "int" : "float", minimum, maximum, step, optional };
}

/** For the ends of a range: between them the kernel snaps to the step. */
export function endRules(rules: NumberRules): NumberRules {
  return { ...rules, step: null, optional: false };
}

/** A number as a person would type it, without the noise of binary fractions. */
export function numberText(value: unknown): string {
  if (typeof value !== "number") return "";
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(12)));
}

/** "1 to 20 in steps of 0.5", "1 or more", or nothing where all is allowed. */
export function allowedText({ type, minimum, maximum, step }: NumberRules): string {
  let text = "";
  if (minimum !== null && maximum !== null) text = `${numberText(minimum)} to ${numberText(maximum)}`;
  else if (minimum !== null) text = `${numberText(minimum)} or more`;
  else if (maximum !== null) text = `${numberText(maximum)} or less`;
  const coarse = step !== null && !(type === "int" && step === 1);
  return coarse ? `${text} in steps of ${numberText(step)}`.trim() : text;
}

/** The allowed range as a sentence; `kind` is left out where the text was a number of the right kind. */
function mustBe(rules: NumberRules, kind: "a number" | "a whole number" | null): string {
  const { minimum, maximum } = rules;
  const allowed = allowedText({ ...rules, step: null });
  if (!allowed) return `Must be ${kind}.`;
  const between = minimum !== null && maximum !== null;
  return `Must be ${[kind, between ? `from ${allowed}` : allowed].filter(Boolean).join(between ? " " : ", ")}.`;
}

/** The nearest values on the step, inside the bounds. */
function nearest(value: number, { minimum, maximum, step }: NumberRules): number[] {
  if (!step) return [value];
  const origin = minimum ?? 0;
  const below = origin + Math.floor((value - origin) / step) * step;
  return [below, below + step].filter((near) => near >= (minimum ?? near) && near <= (maximum ?? near));
}

function onStep(value: number, { minimum, step }: NumberRules): boolean {
  if (!step) return true;
  const count = (value - (minimum ?? 0)) / step;
  return Math.abs(count - Math.round(count)) <= 1e-9 * Math.max(1, Math.abs(count));
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** One number, or null for empty text where that is allowed. */
export function parseNumber(text: string, rules: NumberRules): Parsed<number | null, "value"> {
  const trimmed = text.trim().replace("−", "-");
  if (!trimmed && rules.optional) return { value: null };
  const fail = (problem: string) => ({ problem, at: "value" as const });
  const value = Number(trimmed);
  const whole = rules.type === "int";
  if (!NUMBER.test(trimmed) || !Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
    return fail(mustBe(rules, whole ? "a whole number" : "a number"));
  }
  if (value < (rules.minimum ?? value) || value > (rules.maximum ?? value)) return fail(mustBe(rules, null));
  if (!onStep(value, rules)) {
    const near = nearest(value, rules).map(numberText).join(" or ");
    return fail(`Must go in steps of ${numberText(rules.step)}: ${near}.`);
  }
  return { value };
}

/** Numbers with commas between them. */
export function parseList(text: string, rules: NumberRules): Parsed<number[], "values"> {
  const parts = text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
  if (!parts.length) return { problem: "Give at least one value, with commas between values.", at: "values" };
  const values: number[] = [];
  for (const part of parts) {
    const parsed = parseNumber(part, { ...rules, optional: false });
    if ("problem" in parsed) {
      return {
        problem: `“${part}”: ${parsed.problem.charAt(0).toLowerCase()}${parsed.problem.slice(1)}`,
        at: "values",
      };
    }
    if (parsed.value !== null) values.push(parsed.value);
  }
  return { value: values };
}

type End = "low" | "high";

/** Two ends, the first below the second. */
export function parseRange(texts: Record<End, string>, rules: NumberRules): Parsed<ContinuousRange, End> {
  const ends: number[] = [];
  for (const at of ["low", "high"] as const) {
    const parsed = parseNumber(texts[at], endRules(rules));
    if ("problem" in parsed) return { problem: parsed.problem, at };
    ends.push(parsed.value ?? 0);
  }
  const [low = 0, high = 0] = ends;
  if (low >= high) return { problem: `Must be above ${numberText(low)}, where the range begins.`, at: "high" };
  return { value: { low, high } };
}

/** Evenly spread values from one number to another. */
export interface Steps {
  from: number;
  to: number;
  count: number;
}

export const MOST_STEPS = 1000;

export function parseSteps(texts: Record<keyof Steps, string>, rules: NumberRules): Parsed<Steps, keyof Steps> {
  const value: Steps = { from: 0, to: 0, count: 0 };
  const counting: NumberRules = { type: "int", minimum: 2, maximum: MOST_STEPS, step: null, optional: false };
  for (const at of ["from", "to", "count"] as const) {
    const parsed = parseNumber(texts[at], at === "count" ? counting : endRules(rules));
    if ("problem" in parsed) return { problem: parsed.problem, at };
    value[at] = parsed.value ?? 0;
  }
  if (value.from === value.to) return { problem: `Must differ from ${numberText(value.from)}.`, at: "to" };
  return { value };
}

function snap(value: number, rules: NumberRules): number {
  const near = nearest(value, rules);
  const best = near.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a), near[0] ?? value);
  return rules.type === "int" ? Math.round(best) : Number(best.toPrecision(12));
}

/** The list that steps stand for: every value allowed, none twice. */
export function expand({ from, to, count }: Steps, rules: NumberRules): number[] {
  const values = Array.from({ length: count }, (_, index) => snap(from + ((to - from) * index) / (count - 1), rules));
  return [...new Set(values)];
}

/** What a person who starts to vary a number probably means: all that is allowed, or half to double. */
export function proposeRange(base: unknown, rules: NumberRules): ContinuousRange {
  const { minimum, maximum } = rules;
  if (minimum !== null && maximum !== null && minimum < maximum) return { low: minimum, high: maximum };
  const value = typeof base === "number" ? base : (minimum ?? maximum ?? 0);
  const whole = rules.type === "int";
  let low = value === 0 ? 0 : value > 0 ? value / 2 : value * 2;
  let high = value === 0 ? (whole ? 10 : 1) : value > 0 ? value * 2 : value / 2;
  if (whole) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, minimum ?? low);
  high = Math.min(high, maximum ?? high);
  if (low < high) return { low, high };
  return maximum !== null ? { low: maximum - 1, high: maximum } : { low, high: low + 1 };
}
