/** Settings worth looking at. */

import type { Settings, VariationSettings } from "../src/state/wire.gen";
import { SETTINGS } from "./fakeKernel";

const varied = (change: Partial<VariationSettings>, size = 8): Settings => ({
  base: { ...SETTINGS.base, prompt: "A lighthouse on a cliff, long exposure" },
  config: {
    enabled: true,
    batch_size: size,
    variation_params: { ...SETTINGS.config.variation_params, ...change },
  },
});

const PROMPTS = [
  "A lighthouse on a cliff, long exposure",
  "A lighthouse on a cliff in heavy fog, and the sea far below it, painted by someone who had never seen the sea",
  "A lighthouse at dawn",
];

export const STATES = {
  default: SETTINGS,
  single: { ...SETTINGS, config: { ...SETTINGS.config, enabled: false } },
  varied: varied({
    vary_prompts: true,
    prompt_variations: PROMPTS,
    vary_parameters: true,
    parameter_ranges: {
      cfg_scale: { low: 4, high: 12 },
      steps: [10, 20, 40],
      sampler: ["euler", "ddim"],
      tiling: [true, false],
    },
    seed_range: [0, 999_999],
  }),
  grid: varied(
    {
      vary_prompts: true,
      prompt_variations: PROMPTS,
      vary_parameters: true,
      parameter_ranges: { cfg_scale: [4, 8, 12], sampler: ["euler", "ddim"] },
      strategy: "grid",
    },
    4,
  ),
  impossible: varied({
    vary_prompts: true,
    prompt_variations: [],
    vary_parameters: true,
    parameter_ranges: { cfg_scale: { low: 4, high: 12 } },
    strategy: "grid",
  }),
} satisfies Record<string, Settings>;

export type State = keyof typeof STATES;
