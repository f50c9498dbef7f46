/** What would run, before anything runs. */

import { useState } from "preact/hooks";
import { planTable } from "../../parts";
import { formatBytes, formatDuration } from "../../state/format";
import type { PlanPreview } from "../../state/wire.gen";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { Late } from "../late";
import { problemId, useStore } from "./context";

/** A guess in words: nobody needs the seconds of an hour. */
function about(seconds: number): string {
  return formatDuration(seconds < 60 ? Math.max(1, Math.round(seconds)) : Math.round(seconds / 60) * 60).replace(
    ".0",
    "",
  );
}

function estimates({ seconds, bytes }: PlanPreview): string {
  const parts = [seconds !== null && `about ${about(seconds)}`, bytes !== null && `about ${formatBytes(bytes)}`];
  return parts.filter(Boolean).join(" · ");
}

interface PlanViewProps {
  plan: PlanPreview | null;
  planId: string;
  onShow: (field: string) => void;
}

export function PlanView({ plan, planId, onShow }: PlanViewProps) {
  const store = useStore();
  const problems = store.planProblems.value;
  const spoken = problems.length
    ? `This plan can’t run. ${problems.map(({ message }) => message).join(" ")}`
    : plan && `Plan: ${plan.summary}`;
  return (
    <>
      <span class="bgw-sr-only" role="status">
        {spoken}
      </span>
      <div class="bgw-plan" aria-busy={store.pending.value ? "true" : undefined}>
        {problems.length > 0 && (
          <ul>
            {problems.map(({ field, label, message }, at) => (
              <li key={`${field}${message}`} class="bgw-plan-problem">
                <Icon name="alert" />
                <span>
                  {field !== null && (
                    <>
                      <button type="button" class="bgw-link" onClick={() => onShow(field)}>
                        {label}
                      </button>
                      {": "}
                    </>
                  )}
                  <span id={problemId(planId, at)}>{message}</span>
                </span>
              </li>
            ))}
          </ul>
        )}
        {problems.length === 0 && plan && <PlanLine plan={plan} />}
      </div>
      {plan && plan.rows.length > 0 && <PlanRows plan={plan} />}
    </>
  );
}

function PlanLine({ plan }: { plan: PlanPreview }) {
  const [count, ways] = plan.summary.split(" = ");
  return (
    <>
      <p class="bgw-plan-line">
        <strong class="bgw-number">{count}</strong>
        {ways && <span> = {ways}</span>}
      </p>
      <p class="bgw-small bgw-muted bgw-number">{estimates(plan) || "No estimate before the first task."}</p>
    </>
  );
}

/** The first tasks, behind a disclosure. */
function PlanRows({ plan }: { plan: PlanPreview }) {
  const [open, setOpen] = useState(false);
  const id = useUniqueId();
  const { link } = useStore();
  return (
    <div class="bgw-plan-rows">
      <button
        type="button"
        class="bgw-disclosure"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Icon name="chevron" />
        First tasks
      </button>
      <div id={id} hidden={!open}>
        {open && (
          <Late part={planTable} link={link} what="the first tasks">
            {({ PlanTable }) => <PlanTable plan={plan} generator={link.trait("generator").value} />}
          </Late>
        )}
      </div>
    </div>
  );
}
