/** Fields by the names that the kernel's errors use: "base.width", "batch_size", "parameter_ranges.cfg_scale"... */

import type { GeneratorSpec, Settings, VariationSettings } from "../../state/wire.gen";

const BASE = "base.";
const RANGES = "parameter_ranges.";
const INPUTS = "inputs.";

export function readField({ base, config }: Settings, field: string): unknown {
  const variation = config.variation_params;
  if (field.startsWith(BASE)) return base[field.slice(BASE.length)];
  if (field.startsWith(RANGES)) {
    return variation.vary_parameters ? variation.parameter_ranges[field.slice(RANGES.length)] : undefined;
  }
  if (field === "enabled" || field === "batch_size") return config[field];
  return variation[field as keyof VariationSettings];
}

/** The settings with one field changed. A range of undefined takes the parameter out of what varies. */
export function writeField(settings: Settings, field: string, value: unknown): Settings {
  const { base, config } = settings;
  if (field.startsWith(BASE)) return { ...settings, base: { ...base, [field.slice(BASE.length)]: value as never } };
  if (field === "enabled" || field === "batch_size") return { ...settings, config: { ...config, [field]: value } };
  let variation: VariationSettings = { ...config.variation_params };
  if (field.startsWith(RANGES)) {
    const { [field.slice(RANGES.length)]: _, ...others } = variation.vary_parameters ? variation.parameter_ranges : {};
    const ranges =
      value === undefined
        ? others
        : {
            ...(variation.vary_parameters ? variation.parameter_ranges : {}),
            [field.slice(RANGES.length)]: value as never,
          };
    variation = { ...variation, parameter_ranges: ranges, vary_parameters: Object.keys(ranges).length > 0 };
  } else {
    variation = { ...variation, [field]: value };
  }
  return { ...settings, config: { ...config, variation_params: variation } };
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const LABELS: Record<string, string> = {
  enabled: "Batch mode",
  batch_size: "Batch size",
  strategy: "Strategy",
  seed_policy: "Seed policy",
  seed_range: "Seed",
  vary_seeds: "Seed",
  prompt_variations: "Prompt",
  vary_prompts: "Prompt",
};

/** The field of the form that an error's field name belongs to, with its label; null where the form has none. */
export function placeField(generator: GeneratorSpec | null, named: string): { field: string; label: string } | null {
  const name = named.replace(/^config\./, "").replace(/^variation_params\./, "");
  const under = (field: string) => name === field || name.startsWith(`${field}.`);
  const parameters = generator?.parameters ?? [];
  for (const { name: parameter, label } of parameters) {
    const field = [BASE, RANGES, INPUTS].map((prefix) => prefix + parameter).find(under);
    if (field) return { field, label };
  }
  const first = name.split(/[.[]/)[0] ?? "";
  const label = LABELS[first];
  if (label) return { field: first, label };
  const bare = parameters.find((parameter) => under(parameter.name));
  return bare ? { field: BASE + bare.name, label: bare.label } : null;
}
