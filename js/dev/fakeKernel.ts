/** A kernel that lives in the page: traits that tests set, requests that tests answer and read back. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type KernelLink, type Method, type Reply, RequestError, type Traits } from "../src/state/link";
import type { GeneratorSpec, ParameterSpec, Requests, Settings } from "../src/state/wire.gen";

type Handler<M extends Method> = (
  params: Requests[M]["params"],
) => Requests[M]["result"] | Reply<M> | Promise<Requests[M]["result"] | Reply<M>>;
type Handlers = { [M in Method]?: Handler<M> };

export interface FakeKernel extends KernelLink {
  set<K extends keyof Traits>(key: K, value: Traits[K]): void;
  on<M extends Method>(method: M, handler: Handler<M>): void;
  /** Every request so far, oldest first. */
  readonly requests: { method: Method; params: unknown }[];
}

export function bytes(values: number[]): DataView {
  return new DataView(Uint8Array.from(values).buffer);
}

const EMPTY: Traits = {
  generator: null,
  settings: null,
  plan: null,
  inputs: { given: {}, takes: false },
  batch: null,
  queue: { paused: false, tasks: 0, batches: 0, revision: 0 },
  task_status: bytes([]),
  running: [],
  gallery: { source: "", title: "", total: 0, undoable: false, offers: [] },
  asset_kinds: bytes([]),
  asset_marks: bytes([]),
  asset_selected: bytes([]),
  query: { text: "", mark: null, where: {}, sort: null, descending: false },
};

export function fakeKernel(initial: Partial<Traits> = {}, handlers: Handlers = {}): FakeKernel {
  const start: Traits = { ...EMPTY, ...initial };
  const traits = new Map(Object.entries(start).map(([key, value]) => [key, signal<unknown>(value)]));
  const table: Handlers = { ...handlers };
  const requests: FakeKernel["requests"] = [];
  const find = (key: string): Signal<unknown> => {
    const found = traits.get(key);
    if (!found) throw new Error(`no trait ${key}`);
    return found;
  };
  return {
    requests,
    trait: <K extends keyof Traits>(key: K) => find(key) as ReadonlySignal<Traits[K]>,
    set(key, value) {
      find(key).value = value;
    },
    on(method, handler) {
      table[method] = handler as never;
    },
    async request(method, params) {
      requests.push({ method, params });
      const handler = table[method] as Handler<typeof method> | undefined;
      if (!handler) throw new RequestError("Unknown", `The fake kernel has no answer to ${method}.`);
      const answer = await handler(params);
      return "buffers" in answer && "result" in answer
        ? (answer as Reply<typeof method>)
        : { result: answer as never, buffers: [] };
    },
  };
}

const parameter = (spec: Partial<ParameterSpec> & Pick<ParameterSpec, "name" | "type" | "default">): ParameterSpec => ({
  label: spec.name.charAt(0).toUpperCase() + spec.name.slice(1).replaceAll("_", " "),
  required: false,
  minimum: null,
  maximum: null,
  step: null,
  choices: null,
  optional: false,
  role: null,
  description: null,
  ...spec,
});

/** A generator with one parameter of each kind. */
export const POSTER: GeneratorSpec = {
  name: "poster",
  kind: "image",
  description: "Paint a landscape from a prompt.",
  parameters: [
    parameter({
      name: "prompt",
      type: "str",
      default: "A beautiful landscape",
      role: "prompt",
      description: "What to paint.",
    }),
    parameter({ name: "seed", type: "int", default: 0, role: "seed" }),
    parameter({ name: "width", type: "int", default: 512, minimum: 64, maximum: 2048, step: 64 }),
    parameter({ name: "height", type: "int", default: 512, minimum: 64, maximum: 2048, step: 64 }),
    parameter({ name: "steps", type: "int", default: 20, minimum: 1, maximum: 150, step: 1 }),
    parameter({ name: "cfg_scale", type: "float", default: 7.5, minimum: 1, maximum: 20, step: 0.5 }),
    parameter({
      name: "sampler",
      type: "choice",
      default: "euler",
      choices: ["euler", "ddim", "dpm++"].map((value) => ({ value, label: value })),
    }),
    parameter({ name: "tiling", type: "bool", default: false }),
    parameter({ name: "note", type: "str", default: null, optional: true }),
  ],
};

export const SETTINGS: Settings = {
  base: Object.fromEntries(POSTER.parameters.map(({ name, default: value }) => [name, value])),
  config: {
    enabled: true,
    batch_size: 8,
    variation_params: {
      vary_seeds: true,
      seed_range: [0, 4294967295],
      vary_prompts: false,
      prompt_variations: [],
      vary_parameters: false,
      parameter_ranges: {},
      strategy: "random",
      seed_policy: "shared",
      seed: null,
    },
  },
};
