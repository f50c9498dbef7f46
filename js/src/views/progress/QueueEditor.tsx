/** Other parameters for one waiting task, below the queue: its rows never move. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatName } from "../../state/describe";
import { type KernelLink, RequestError } from "../../state/link";
import type { GeneratorSpec, ParameterSpec, QueueRow } from "../../state/wire.gen";
import { allChoices, hintOf, isLongText } from "../config/BaseRow";
import { numberText, type Parsed, parseNumber, rulesOf, type Scalar } from "../config/parse";
import { Button, Field, IconButton, Notice } from "../controls";
import { nameTask } from "./QueueRow";

/** Characters of a text that the kernel sends: what is longer can't be edited here without losing the rest. */
const SENT = 20_000;

const MEDIA = new Set<ParameterSpec["type"]>(["image", "video", "audio", "asset"]);

/** Without the generator, the values themselves say what kind they are. */
function specOf(name: string, value: Scalar): ParameterSpec {
  const type = typeof value === "number" ? "float" : typeof value === "boolean" ? "bool" : "str";
  return {
    name,
    label: formatName(name),
    type,
    default: value,
    required: false,
    minimum: null,
    maximum: null,
    step: null,
    choices: null,
    optional: value === null,
    role: null,
    description: null,
  };
}

function specsOf({ params, varied, generator: name }: QueueRow, generator: GeneratorSpec | null): ParameterSpec[] {
  // Files need a field of another kind; what a waiting task is made from stays.
  if (generator?.name === name) return generator.parameters.filter(({ type }) => !MEDIA.has(type));
  const names = varied.length ? varied : Object.keys(params);
  return names.map((parameter) => specOf(parameter, params[parameter] ?? null));
}

/** The text of a field, or the place of its value among the choices. */
function textOf(spec: ParameterSpec, value: Scalar): string {
  if (isChosen(spec)) return String(allChoices(spec).findIndex((choice) => choice.value === value));
  return typeof value === "number" ? numberText(value) : String(value ?? "");
}

function isChosen({ type }: ParameterSpec): boolean {
  return type === "choice" || type === "bool";
}

function parseText(spec: ParameterSpec, text: string): Parsed<Scalar> {
  if (isChosen(spec)) return { value: allChoices(spec)[Number(text)]?.value ?? null };
  if (spec.type === "str") return { value: text === "" && spec.optional ? null : text };
  return parseNumber(text, rulesOf(spec));
}

interface QueueEditorProps {
  id: string;
  link: KernelLink;
  row: QueueRow;
  onSaved: () => void;
  onClose: () => void;
}

/** One task; give it the task's key as its key. */
export function QueueEditor({ id, link, row, onSaved, onClose }: QueueEditorProps) {
  const typed = useSignal<Record<string, string>>({});
  const refused = useSignal<Record<string, string>>({});
  const problem = useSignal<string | null>(null);
  const saving = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  // A widget that has no form has no such trait.
  const specs = specsOf(row, link.trait("generator").value ?? null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select, textarea")?.focus(), []);

  const parsed = (spec: ParameterSpec): Parsed<Scalar> | null => {
    const text = typed.value[spec.name];
    return text === undefined ? null : parseText(spec, text);
  };
  const problemOf = (spec: ParameterSpec) => {
    const result = parsed(spec);
    return result && "problem" in result ? result.problem : (refused.value[spec.name] ?? null);
  };
  const type = (name: string, text: string) => {
    typed.value = { ...typed.peek(), [name]: text };
    const { [name]: _, ...others } = refused.peek();
    refused.value = others;
  };

  const save = async () => {
    const bad = specs.findIndex((spec) => problemOf(spec) !== null);
    if (bad >= 0) {
      form.current?.querySelectorAll<HTMLElement>("input, select, textarea")[bad]?.focus();
      return;
    }
    const params: Record<string, Scalar> = {};
    for (const spec of specs) {
      const result = parsed(spec);
      if (result && "value" in result && result.value !== row.params[spec.name]) params[spec.name] = result.value;
    }
    if (!Object.keys(params).length) {
      onClose();
      return;
    }
    if (saving.peek()) return;
    saving.value = true;
    try {
      await link.request("task.edit", { batch: row.batch, index: row.index, params });
      onSaved();
    } catch (error) {
      const about = error instanceof RequestError ? error.errors : [];
      const named = (field: string) => specs.find(({ name }) => field.split(".").includes(name))?.name;
      refused.value = Object.fromEntries(
        about.flatMap(({ field, message }) => {
          const name = named(field);
          return name ? [[name, message]] : [];
        }),
      );
      const placed = Object.keys(refused.peek()).length > 0;
      problem.value = placed ? null : error instanceof Error ? error.message : String(error);
    } finally {
      saving.value = false;
    }
  };

  return (
    <form
      class="bgw-details bgw-queue-editor"
      id={id}
      ref={form}
      aria-label={`Edit ${nameTask(row)}`}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <div class="bgw-details-head">
        <h5 class="bgw-subtitle">Edit {nameTask(row)}</h5>
        <span class="bgw-spread" />
        <IconButton icon="close" label="Close the editor" onClick={onClose} />
      </div>
      <div class="bgw-queue-fields">
        {specs.map((spec) => {
          const text = typed.value[spec.name] ?? textOf(spec, row.params[spec.name] ?? null);
          const long = isLongText(spec) || text.includes("\n");
          const cut = text.length > SENT && typed.value[spec.name] === undefined;
          const hint = cut ? "Too long to edit here; use session.edit_task in Python." : hintOf(spec);
          return (
            <div key={spec.name} class={long ? "bgw-queue-long" : ""}>
              <Field label={spec.label} hint={problemOf(spec) ? null : hint} problem={problemOf(spec)}>
                {({ id: control, describedBy, invalid }) => {
                  const bound = {
                    id: control,
                    value: text,
                    readOnly: cut,
                    "aria-describedby": describedBy,
                    "aria-invalid": invalid,
                    onInput: (event: { currentTarget: { value: string } }) =>
                      type(spec.name, event.currentTarget.value),
                  };
                  if (isChosen(spec)) {
                    return (
                      <select {...bound} class="bgw-input bgw-select">
                        {text === "-1" && <option value="-1">{String(row.params[spec.name] ?? "none")}</option>}
                        {allChoices(spec).map(({ label }, at) => (
                          <option key={label} value={at}>
                            {label}
                          </option>
                        ))}
                      </select>
                    );
                  }
                  if (long) return <textarea {...bound} class="bgw-input" rows={2} />;
                  return (
                    <input
                      {...bound}
                      class="bgw-input"
                      type="text"
                      autocomplete="off"
                      spellcheck={false}
                      inputMode={spec.type === "int" ? "numeric" : spec.type === "float" ? "decimal" : undefined}
                      placeholder={spec.optional ? "none" : undefined}
                    />
                  );
                }}
              </Field>
            </div>
          );
        })}
      </div>
      {problem.value && (
        <Notice
          onClose={() => {
            problem.value = null;
          }}
        >
          {problem.value}
        </Notice>
      )}
      <div class="bgw-actions">
        <button type="submit" class="bgw-button bgw-primary">
          Save
        </button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}
