/** One parameter of the generator: its base value, or how it varies. */

import { batch } from "@preact/signals";
import { useState } from "preact/hooks";
import { mediaField, textList } from "../../parts";
import type { ParameterSpec, Settings } from "../../state/wire.gen";
import { Late } from "../late";
import {
  allChoices,
  BaseChoice,
  BaseNumber,
  type BaseProps,
  BaseSwitch,
  BaseText,
  hintOf,
  isLongText,
  useBaseNumber,
} from "./BaseRow";
import { usePlanProblem, useStore } from "./context";
import { allowedText, endRules, proposeRange, rulesOf, type Scalar } from "./parse";
import { Row, type RowIds } from "./Row";
import type { Variation } from "./store";
import type { TextListProps } from "./TextList";
import { firstVariation, useVaryNumber, VaryNumber } from "./VaryNumber";
import { useSeedDrafts, VaryChoices, VarySeeds } from "./VaryOthers";

interface ParameterRowProps {
  spec: ParameterSpec;
  settings: Settings;
}

/** The strategies that draw from a continuous range; the others step through lists. */
const DRAWS = new Set(["random", "latin_hypercube", "sobol"]);

const MEDIA = new Set<ParameterSpec["type"]>(["image", "video", "audio", "asset"]);

export function ParameterRow({ spec, settings }: ParameterRowProps) {
  // Seeds and prompts have ways of their own to vary; Python may give them as a plain list too.
  const { vary_parameters: varies, parameter_ranges: ranges } = settings.config.variation_params;
  const role = settings.config.enabled && varies && ranges[spec.name] ? null : spec.role;
  if (role === "seed") return <SeedRow spec={spec} settings={settings} />;
  if (role === "prompt") return <PromptRow spec={spec} settings={settings} />;
  if (spec.type === "int" || spec.type === "float") return <NumberRow spec={spec} settings={settings} />;
  if (MEDIA.has(spec.type)) return <MediaRow spec={spec} />;
  return <OtherRow spec={spec} settings={settings} />;
}

/** Images, videos and sounds: files, and results of the gallery beside the form. */
function MediaRow({ spec }: { spec: ParameterSpec }) {
  const { link } = useStore();
  const fields = [`base.${spec.name}`, `inputs.${spec.name}`];
  return (
    <Row label={spec.label} fields={fields} group wide hint={hintOf(spec)} planProblem={usePlanProblem(fields)}>
      {(ids) => (
        <Late part={mediaField} link={link} what="the field for files">
          {({ MediaField }) => <MediaField link={link} spec={spec} ids={ids} />}
        </Late>
      )}
    </Row>
  );
}

/** The parts that all rows share. */
function useRow({ spec, settings }: ParameterRowProps, varied: boolean, variedFields: string[]) {
  const store = useStore();
  const base = `base.${spec.name}`;
  const fields = [base, ...variedFields];
  // A strategy that starts from the base needs it beside the values; for the others the values replace it.
  const showsBase = !varied || settings.config.variation_params.strategy === "one_at_a_time";
  const edited = [...(showsBase ? [base] : []), ...(varied ? variedFields : [])];
  const refused = edited.map((field) => store.refusal(field)).find(Boolean);
  return {
    store,
    value: settings.base[spec.name] ?? null,
    showsBase,
    canVary: settings.config.enabled,
    common: {
      label: spec.label,
      fields,
      refused,
      hint: varied ? undefined : hintOf(spec),
      planProblem: usePlanProblem(fields),
    },
  };
}

function Texts(props: TextListProps) {
  return (
    <Late part={textList} link={useStore().link} what={`the ${props.noun} list`}>
      {({ TextList }) => <TextList {...props} />}
    </Late>
  );
}

/** How the parameter varies, and the switch that begins and ends it. */
function useRange({ spec, settings }: ParameterRowProps, propose: () => Variation) {
  const store = useStore();
  const { enabled, variation_params: variation } = settings.config;
  const stored = variation.parameter_ranges[spec.name];
  const range = enabled && variation.vary_parameters ? stored : undefined;
  const toggle = (on: boolean) => {
    batch(() => {
      store.abandon(`base.${spec.name}`);
      if (!on && range) store.remember(spec.name, { off: range });
      store.setRange(spec.name, on ? (store.memory.peek()[spec.name]?.off ?? stored ?? propose()) : undefined);
    });
    void store.flush();
  };
  return { range, toggle };
}

function NumberRow(props: ParameterRowProps) {
  const { spec, settings } = props;
  const rules = rulesOf(spec);
  const store = useStore();
  const { range, toggle } = useRange(props, () => {
    const needsList = !DRAWS.has(settings.config.variation_params.strategy);
    const first = firstVariation(proposeRange(settings.base[spec.name], rules), rules, needsList);
    if (first.steps) store.remember(spec.name, { steps: first.steps });
    return first.value;
  });
  const row = useRow(props, range !== undefined, [`parameter_ranges.${spec.name}`]);
  const draft = useBaseNumber(spec, row.value);
  const edit = useVaryNumber(spec, range);
  const typing = [row.showsBase && draft.problem?.problem, range !== undefined && edit.drafts.problem?.problem];
  const change = (on: boolean) => {
    draft.reset();
    edit.drafts.reset();
    toggle(on);
  };
  return (
    <Row
      {...row.common}
      group={!row.showsBase}
      hint={range === undefined ? row.common.hint : allowedText(endRules(rules))}
      problem={typing.find(Boolean) || row.common.refused}
      vary={row.canVary ? { on: range !== undefined, onChange: change } : undefined}
    >
      {(ids) => (
        <>
          {row.showsBase && <BaseNumber spec={spec} value={row.value} ids={ids} draft={draft} />}
          {range !== undefined && <VaryNumber spec={spec} value={range} ids={ids} edit={edit} />}
        </>
      )}
    </Row>
  );
}

/** Choices, switches and texts: what varies is a list. */
function OtherRow(props: ParameterRowProps) {
  const { spec, settings } = props;
  const isText = spec.type === "str";
  const base = settings.base[spec.name] ?? null;
  const { range, toggle } = useRange(props, () =>
    isText ? [base ?? ""].filter(Boolean) : allChoices(spec).map(({ value }) => value),
  );
  const row = useRow(props, range !== undefined, [`parameter_ranges.${spec.name}`]);
  const [nothing, setNothing] = useState(false);
  const values: Scalar[] = nothing || !Array.isArray(range) ? [] : range;
  const set = (next: Scalar[]) => {
    setNothing(!next.length && !isText);
    if (next.length || isText) row.store.setRange(spec.name, next);
  };
  const Base = isText ? BaseText : spec.type === "bool" ? BaseSwitch : BaseChoice;
  return (
    <Row
      {...row.common}
      wide={isLongText(spec)}
      group={!row.showsBase}
      problem={nothing && range !== undefined ? "Choose at least one value." : row.common.refused}
      vary={
        row.canVary
          ? {
              on: range !== undefined,
              onChange: (on) => {
                setNothing(false);
                toggle(on);
              },
            }
          : undefined
      }
    >
      {(ids) => (
        <>
          {row.showsBase && <Base spec={spec} value={row.value} ids={ids} />}
          {range !== undefined && isText && (
            <Texts
              noun={spec.label.toLowerCase()}
              texts={values.map(String)}
              ids={ids}
              onChange={set}
              onSettle={() => void row.store.flush()}
            />
          )}
          {range !== undefined && !isText && (
            <VaryChoices
              spec={spec}
              values={values}
              ids={ids}
              onChange={(next) => {
                set(next);
                void row.store.flush();
              }}
            />
          )}
        </>
      )}
    </Row>
  );
}

function SeedRow(props: ParameterRowProps) {
  const { spec, settings } = props;
  const variation = settings.config.variation_params;
  const varied = settings.config.enabled && variation.vary_seeds;
  const row = useRow(props, varied, ["seed_range", "seed_policy", "vary_seeds"]);
  const draft = useBaseNumber(spec, row.value);
  const drafts = useSeedDrafts(spec, variation.seed_range);
  const toggle = (on: boolean) => {
    draft.reset();
    drafts.reset();
    row.store.abandon("seed_range", "seed_policy", `base.${spec.name}`);
    row.store.setVariation("vary_seeds", on);
    void row.store.flush();
  };
  return (
    <Row
      {...row.common}
      group={varied}
      problem={(varied ? drafts : draft).problem?.problem ?? row.common.refused}
      vary={row.canVary ? { on: varied, onChange: toggle } : undefined}
    >
      {(ids) =>
        varied ? (
          <VarySeeds variation={variation} ids={ids} drafts={drafts} />
        ) : (
          <BaseNumber spec={spec} value={row.value} ids={ids} draft={draft} />
        )
      }
    </Row>
  );
}

function PromptRow(props: ParameterRowProps) {
  const { spec, settings } = props;
  const variation = settings.config.variation_params;
  const varied = settings.config.enabled && variation.vary_prompts;
  const row = useRow(props, varied, ["prompt_variations", "vary_prompts"]);
  const toggle = (on: boolean) => {
    batch(() => {
      row.store.abandon("prompt_variations", `base.${spec.name}`);
      const start = [settings.base[spec.name] ?? ""].map(String).filter((text) => text.trim());
      if (on && !variation.prompt_variations.length) row.store.setVariation("prompt_variations", start);
      row.store.setVariation("vary_prompts", on);
    });
    void row.store.flush();
  };
  const base = (ids: RowIds) => {
    const control: BaseProps = { spec, value: row.value, ids };
    return <BaseText {...control} />;
  };
  return (
    <Row
      {...row.common}
      wide
      group={!row.showsBase}
      problem={row.common.refused}
      vary={row.canVary ? { on: varied, onChange: toggle } : undefined}
    >
      {(ids) => (
        <>
          {row.showsBase && base(ids)}
          {varied && (
            <Texts
              noun="prompt"
              texts={variation.prompt_variations}
              ids={ids}
              onChange={(texts) => row.store.setVariation("prompt_variations", texts)}
              onSettle={() => void row.store.flush()}
            />
          )}
        </>
      )}
    </Row>
  );
}
