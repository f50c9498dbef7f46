/** A planner for the dev page: near enough to the real one to try the panel with. */

import { formatCount } from "../src/state/format";
import type { FieldProblem, GeneratorSpec, PlanPreview, Settings } from "../src/state/wire.gen";

export type Params = Settings["base"];
type Draw = () => number;

/** A small repeatable random number generator (mulberry32). */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Axis {
  name: string;
  field: string;
  noun: string;
  values: Params[string][] | { low: number; high: number };
}

function axesOf({ parameters }: GeneratorSpec, { config }: Settings): Axis[] {
  const variation = config.variation_params;
  const axes: Axis[] = [];
  if (variation.vary_prompts) {
    axes.push({ name: "prompt", field: "prompt_variations", noun: "prompt", values: variation.prompt_variations });
  }
  for (const { name, label } of parameters) {
    const values = variation.vary_parameters ? variation.parameter_ranges[name] : undefined;
    if (values) axes.push({ name, field: `parameter_ranges.${name}`, noun: `${label.toLowerCase()} value`, values });
  }
  return axes;
}

function pick(axis: Axis, generator: GeneratorSpec, draw: Draw): Params[string] {
  if (Array.isArray(axis.values)) return axis.values[Math.floor(draw() * axis.values.length)] ?? null;
  const { low, high } = axis.values;
  const spec = generator.parameters.find(({ name }) => name === axis.name);
  const step = spec?.step ?? (spec?.type === "int" ? 1 : 0.01);
  return Number((low + Math.round((draw() * (high - low)) / step) * step).toPrecision(6));
}

function problemsOf(axes: Axis[], strategy: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const { field, values, name } of axes) {
    if (Array.isArray(values)) {
      if (!values.length) problems.push({ field, message: "add at least one value, or turn its variation off" });
    } else if (["grid", "zip", "one_at_a_time"].includes(strategy)) {
      problems.push({
        field,
        message: `${strategy} needs a list, not the range ${values.low} to ${values.high}; choose Values or Steps for ${name}`,
      });
    }
  }
  const lengths = new Set(axes.map(({ values }) => (Array.isArray(values) ? values.length : 0)));
  if (strategy === "zip" && lengths.size > 1) {
    problems.push({ field: "strategy", message: `zip needs lists of equal length, not ${[...lengths].join(", ")}` });
  }
  return problems;
}

/** Every task of a grid, a zip or one at a time, before seeds. */
function combine(axes: Axis[], strategy: string): Params[] {
  const listed = axes.map(({ name, values }) => ({ name, values: Array.isArray(values) ? values : [] }));
  if (strategy === "zip") {
    const length = listed[0]?.values.length ?? 1;
    return Array.from({ length }, (_, at) =>
      Object.fromEntries(listed.map(({ name, values }) => [name, values[at] ?? null])),
    );
  }
  if (strategy === "one_at_a_time") {
    return [{}, ...listed.flatMap(({ name, values }) => values.map((value) => ({ [name]: value })))];
  }
  return listed.reduce<Params[]>(
    (rows, { name, values }) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}

function summaryOf(count: number, axes: Axis[], settings: Settings, seeds: number): string {
  const { strategy, vary_seeds: varySeeds } = settings.config.variation_params;
  const parts: string[] = [];
  if (strategy === "grid") {
    if (varySeeds) parts.push(formatCount(seeds, "seed"));
    for (const { noun, values } of axes) parts.push(formatCount(Array.isArray(values) ? values.length : 0, noun));
  }
  return parts.length ? `${formatCount(count, "task")} = ${parts.join(" × ")}` : formatCount(count, "task");
}

const IMPOSSIBLE = { ok: false, count: 0, summary: "", columns: [], rows: [], seconds: null, bytes: null };

export function makePlan(generator: GeneratorSpec, settings: Settings): { preview: PlanPreview; tasks: Params[] } {
  const { enabled, batch_size: size, variation_params: variation } = settings.config;
  const axes = enabled ? axesOf(generator, settings) : [];
  const errors = problemsOf(axes, variation.strategy);
  if (errors.length) return { preview: { ...IMPOSSIBLE, errors }, tasks: [] };
  const draw = draws(7);
  const seed = () => {
    const [low = 0, high = 4294967295] = variation.seed_range;
    return low + Math.floor(draw() * (high - low + 1));
  };
  const varySeeds = enabled && variation.vary_seeds;
  let tasks: Params[];
  if (!enabled) tasks = [settings.base];
  else if (["grid", "zip", "one_at_a_time"].includes(variation.strategy)) {
    const shared = Array.from({ length: size }, seed);
    tasks = combine(axes, variation.strategy).flatMap((row) =>
      varySeeds ? shared.map((value) => ({ ...settings.base, ...row, seed: value })) : [{ ...settings.base, ...row }],
    );
  } else {
    tasks = Array.from({ length: size }, () => ({
      ...settings.base,
      ...(varySeeds ? { seed: seed() } : {}),
      ...Object.fromEntries(axes.map((axis) => [axis.name, pick(axis, generator, draw)])),
    }));
  }
  const columns = [...(varySeeds ? ["seed"] : []), ...axes.map(({ name }) => name)];
  const preview: PlanPreview = {
    ok: true,
    count: tasks.length,
    summary: summaryOf(tasks.length, axes, settings, size),
    columns,
    rows: columns.length
      ? tasks.slice(0, 5).map((task) => Object.fromEntries(columns.map((name) => [name, task[name] ?? null])))
      : [],
    seconds: tasks.length * 4.7,
    bytes: tasks.length * 610_000,
    errors: [],
  };
  return { preview, tasks };
}
