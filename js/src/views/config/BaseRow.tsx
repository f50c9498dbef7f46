/** The base value of one parameter, by its type. */

import type { ParameterSpec } from "../../state/wire.gen";
import { IconButton, Switch } from "../controls";
import { useStore } from "./context";
import { ClearButton, NumberControl, useNumberDraft } from "./NumberControl";
import { allowedText, rulesOf, type Scalar } from "./parse";
import type { RowIds } from "./Row";
import { useDrafts } from "./useDrafts";

export interface BaseProps {
  spec: ParameterSpec;
  value: Scalar;
  ids: RowIds;
}

/** What stands under a field while it has the focus. */
export function hintOf(spec: ParameterSpec): string | undefined {
  const allowed = spec.type === "int" || spec.type === "float" ? allowedText(rulesOf(spec)) : "";
  return [allowed, spec.description].filter(Boolean).join(" · ") || undefined;
}

/** Long texts get an area of their own over the whole width. */
export function isLongText({ type, role, name, default: start }: ParameterSpec): boolean {
  return type === "str" && (role === "prompt" || name.includes("prompt") || String(start ?? "").length > 40);
}

const LARGEST_SEED = 2 ** 32 - 1;

/** Of a text that makes a browser stand still while somebody types, a field shows the beginning. */
export function fieldOf(text: string) {
  return text.length > 1e5 ? { value: text.slice(0, 1000), readOnly: true, title: "Too long to edit here" } : {};
}

export function useBaseNumber(spec: ParameterSpec, value: Scalar) {
  const store = useStore();
  return useNumberDraft(
    value,
    rulesOf(spec),
    (next) => store.setBase(spec.name, next),
    () => void store.flush(),
  );
}

export function BaseNumber({ spec, value, ids, draft }: BaseProps & { draft: ReturnType<typeof useBaseNumber> }) {
  const store = useStore();
  const roll = () => {
    const low = spec.minimum ?? 0;
    const high = spec.maximum ?? LARGEST_SEED;
    draft.reset();
    store.setBase(spec.name, low + Math.floor(Math.random() * (high - low + 1)));
    void store.flush();
  };
  return (
    <NumberControl
      label={spec.label}
      value={value}
      slider={spec.role !== "seed"}
      rules={rulesOf(spec)}
      draft={draft}
      control={ids.control}
      onChange={(next) => store.setBase(spec.name, next)}
      onSettle={() => void store.flush()}
    >
      {spec.role === "seed" && <IconButton label={`Roll a new ${spec.label}`} icon="dice" onClick={roll} />}
    </NumberControl>
  );
}

export function BaseText({ spec, value, ids }: BaseProps) {
  const store = useStore();
  const text = typeof value === "string" ? value : "";
  const set = (next: string) => store.setBase(spec.name, next === "" && spec.optional ? null : next);
  const drafts = useDrafts(
    { value: text },
    ({ value: typed }) => ({ value: typed }),
    set,
    () => void store.flush(),
  );
  const { onKeyDown, ...bound } = drafts.bind("value");
  const cut = fieldOf(text);
  const shared = {
    ...ids.control,
    class: "bgw-input",
    placeholder: spec.optional ? "none" : undefined,
    ...bound,
    ...cut,
  };
  const clear = () => {
    drafts.reset();
    set("");
  };
  return (
    <div class="bgw-number-control">
      {isLongText(spec) || text.includes("\n") ? (
        <textarea {...shared} rows={2} />
      ) : (
        <input {...shared} type="text" autocomplete="off" onKeyDown={onKeyDown} />
      )}
      <ClearButton label={spec.label} shown={cut.readOnly || (spec.optional && value !== null)} onClear={clear} />
    </div>
  );
}

export function BaseChoice({ spec, value, ids }: BaseProps) {
  const store = useStore();
  const choices = allChoices(spec);
  const at = choices.findIndex((choice) => choice.value === value);
  return (
    <select
      {...ids.control}
      class="bgw-input bgw-select"
      value={at}
      onChange={(event) => {
        const chosen = choices[Number(event.currentTarget.value)];
        if (chosen) store.setBase(spec.name, chosen.value);
        void store.flush();
      }}
    >
      {at < 0 && (
        <option value={-1} disabled>
          Choose…
        </option>
      )}
      {choices.map((choice, index) => (
        <option key={choice.label} value={index}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

/** The values of a choice or a bool, none included where that is allowed. */
export function allChoices(spec: ParameterSpec): { value: Scalar; label: string }[] {
  const some: { value: Scalar; label: string }[] =
    spec.type === "bool"
      ? [
          { value: true, label: "On" },
          { value: false, label: "Off" },
        ]
      : (spec.choices ?? []);
  const none = spec.optional && !some.some(({ value }) => value === null);
  return none ? [{ value: null, label: "None" }, ...some] : [...some];
}

export function BaseSwitch({ spec, value, ids }: BaseProps) {
  const store = useStore();
  return (
    <Switch
      id={ids.control.id}
      describedBy={ids.control["aria-describedby"]}
      label={value ? "On" : "Off"}
      name={spec.label}
      checked={value === true}
      onChange={(next) => {
        store.setBase(spec.name, next);
        void store.flush();
      }}
    />
  );
}
