/** One line of the form: label, control, vary switch, and under the control its hint or what is wrong. */

import type { ComponentChildren } from "preact";
import { Problem, Switch } from "../controls";
import { useUniqueId } from "../ids";

/** What ties a control to its label and messages; spread it on the control. */
export interface ControlProps {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": "true" | undefined;
  /** The field's label where its value can't be sent: Generate brings the person here first. */
  "data-blocked": string | undefined;
}

export interface RowIds {
  /** For the control that the label names. */
  control: ControlProps;
  /** For a group of controls. */
  labelId: string;
  /** The same messages for a control of a group; `bad` where the problem is in that one. A plan's problem is in all. */
  part: (bad: boolean) => Omit<ControlProps, "id">;
}

interface RowProps {
  label: string;
  /** The fields of the settings that are edited here, by the names that errors use. */
  fields: string[];
  hint?: string | undefined;
  problem?: string | null | undefined;
  /** The id of a message elsewhere, of the plan, that is about this field. */
  planProblem?: string | undefined;
  vary?: { on: boolean; onChange: (on: boolean) => void } | undefined;
  /** Label above, control over the whole width. */
  wide?: boolean;
  /** The label names a group instead of one control. */
  group?: boolean;
  children: (ids: RowIds) => ComponentChildren;
}

export function Row({ label, fields, hint, problem, planProblem, vary, wide, group, children }: RowProps) {
  const id = useUniqueId();
  const describedBy = [problem ? `${id}-problem` : hint && `${id}-hint`, planProblem].filter(Boolean).join(" ");
  const messages = {
    "aria-describedby": describedBy || undefined,
    "aria-invalid": problem || planProblem ? ("true" as const) : undefined,
    "data-blocked": problem ? label : undefined,
  };
  const ids: RowIds = {
    control: { id, ...messages },
    labelId: `${id}-label`,
    part: (bad) => (bad || !problem ? messages : { ...messages, "aria-invalid": undefined, "data-blocked": undefined }),
  };
  return (
    <div
      class={`bgw-row ${wide ? "bgw-row-wide" : ""} ${messages["aria-invalid"] ? "bgw-row-bad" : ""}`}
      data-field={fields.join(" ")}
    >
      {group ? (
        <span class="bgw-row-label" id={`${id}-label`} title={label}>
          {label}
        </span>
      ) : (
        <label class="bgw-row-label" id={`${id}-label`} for={id} title={label}>
          {label}
        </label>
      )}
      <div class="bgw-row-control">{children(ids)}</div>
      {vary && (
        <div class="bgw-row-vary">
          <Switch
            label={<span class="bgw-vary-word">Vary</span>}
            name={`Vary ${label}`}
            checked={vary.on}
            onChange={vary.onChange}
          />
        </div>
      )}
      {problem ? (
        <div class="bgw-row-note">
          <Problem id={`${id}-problem`}>{problem}</Problem>
        </div>
      ) : (
        hint && (
          <div class="bgw-row-note bgw-row-hint" id={`${id}-hint`} title={hint}>
            {hint}
          </div>
        )
      )}
    </div>
  );
}
