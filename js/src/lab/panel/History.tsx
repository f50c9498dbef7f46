/** The projects there are, each of which unfolds to its batches. */

import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect } from "preact/hooks";
import { formatCount } from "../../state/format";
import { Button } from "../../views/controls";
import { Icon } from "../../views/icons";
import { useUniqueId } from "../../views/ids";
import type { BatchesModel, PanelActions, ProjectEntry, ProjectList } from "../model";
import { Chevron } from "./Chevron";
import { ProjectBatches } from "./ProjectBatches";

interface HistoryProps {
  model: BatchesModel;
  actions: PanelActions;
  refreshes: ReadonlySignal<number>;
  onRefresh: () => void;
}

/** Arrow keys, Home and End go from project to project. */
function moveAmongProjects(event: TargetedKeyboardEvent<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>(".bgw-lab-project-button")];
  const at = buttons.indexOf(event.target as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  buttons[Math.max(0, Math.min(buttons.length - 1, next))]?.focus();
}

export function History({ model, actions, refreshes, onRefresh }: HistoryProps) {
  const projects = model.projects.value;
  const { entries, state } = projects;
  const open = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const toggle = (key: string, to: boolean) => {
    open.value = new Map(open.peek()).set(key, to);
  };
  const only = state === "here" && entries.length === 1 ? entries[0] : undefined;
  useEffect(() => {
    if (only && !only.problem && !open.peek().has(only.key)) toggle(only.key, true);
  }, [only]);
  return (
    <>
      {(state === "absent" || state === "failed") && <Failed projects={projects} onRefresh={onRefresh} />}
      {!entries.length && state === "loading" && (
        <p class="bgw-lab-none bgw-small bgw-muted" role="status">
          Looking for projects…
        </p>
      )}
      {!entries.length && state === "here" && (
        <p class="bgw-lab-none bgw-small bgw-muted">
          {projects.complete ? "No project is here yet." : "No project was found so far."}
        </p>
      )}
      {entries.length > 0 && (
        <ul class="bgw-lab-projects" aria-label="Projects" onKeyDown={moveAmongProjects}>
          {entries.map((project) => (
            <Project
              key={project.key}
              model={model}
              project={project}
              actions={actions}
              refreshes={refreshes}
              open={open.value.get(project.key) ?? false}
              onToggle={toggle}
            />
          ))}
        </ul>
      )}
      {state === "here" && !projects.complete && (
        <p class="bgw-lab-none bgw-small bgw-muted">
          The folders are too many to search in full, so some projects may be missing here.
        </p>
      )}
    </>
  );
}

/** What a list lacks that the server did not give: it may have given one before. */
function whatIsMissing(entries: readonly ProjectEntry[]): string {
  if (!entries.length) return "Projects can’t be listed.";
  return entries.some(({ path }) => path !== null)
    ? "This list may be out of date."
    : "Only projects of running kernels are listed.";
}

function Failed({
  projects: { entries, state, problem },
  onRefresh,
}: {
  projects: ProjectList;
  onRefresh: () => void;
}) {
  return (
    <div class="bgw-lab-failed-list bgw-small" role="alert">
      <p>
        <Icon name="alert" />
        <span>{whatIsMissing(entries)}</span>
      </p>
      {problem && <p class="bgw-lab-error">{problem}</p>}
      {state === "absent" && (
        <p>
          Install batchgen-widgets where JupyterLab is installed, run{" "}
          <code>jupyter server extension enable batchgen_widgets</code> there, and start it again.
        </p>
      )}
      <Button class="bgw-lab-small" icon="retry" onClick={onRefresh}>
        Try again
      </Button>
    </div>
  );
}

interface ProjectProps extends Omit<HistoryProps, "onRefresh"> {
  project: ProjectEntry;
  open: boolean;
  onToggle: (key: string, open: boolean) => void;
}

function Project({ project, open, onToggle, ...rest }: ProjectProps) {
  const id = useUniqueId();
  const { key, name, folder, path, batches, problem } = project;
  const isRunning = useComputed(() =>
    rest.model.kernels.value.some(({ sessions }) =>
      sessions.some(({ batch, project: of }) => of.key === key && batch?.status === "running"),
    ),
  ).value;
  const words = (
    <>
      <span class="bgw-lab-cut bgw-lab-name">{name}</span>
      {isRunning && (
        <span class="bgw-lab-busy">
          <Icon name="arc" />
          <span class="bgw-sr-only">running</span>
        </span>
      )}
      {batches !== null && (
        <span class="bgw-lab-number bgw-small bgw-muted bgw-number">
          {formatCount(batches)}
          <span class="bgw-sr-only">{batches === 1 ? " batch" : " batches"}</span>
        </span>
      )}
      <bdi class="bgw-lab-path bgw-lab-cut bgw-small bgw-muted">{path ?? folder}</bdi>
    </>
  );
  if (problem) {
    return (
      <li class="bgw-lab-project bgw-is-broken">
        <h3 class="bgw-lab-project-head" title={folder}>
          <span class="bgw-lab-project-button">
            <Icon name="alert" />
            {words}
          </span>
        </h3>
        <p class="bgw-lab-problem bgw-small">{problem}</p>
      </li>
    );
  }
  return (
    <li class="bgw-lab-project">
      <h3 class="bgw-lab-project-head">
        <button
          type="button"
          class="bgw-lab-project-button"
          title={folder}
          aria-expanded={open}
          aria-controls={open ? id : undefined}
          onClick={() => onToggle(key, !open)}
        >
          <Chevron />
          {words}
        </button>
      </h3>
      {open && (
        <div id={id}>
          <ProjectBatches project={project} {...rest} />
        </div>
      )}
    </li>
  );
}
