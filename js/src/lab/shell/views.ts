/** Views as tabs of the main area: one for each source, kept with the layout of the page. */

import { type ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import { Notification, WidgetTracker } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReadonlyPartialJSONObject } from "@lumino/coreutils";
import { visible } from "../../state/unseen";
import type { SidebarSession } from "../../state/wire.gen";
import type { BatchEntry, KernelEntry, ProjectEntry, SessionView, ViewSource } from "../model";
import type { LateBatches } from "./batches";
import { Frame } from "./frame";
import { batchesIcon } from "./icon";
import { labPlugin } from "./plugin";
import { batchBeside, standsFor, tabId } from "./sources";
import { IBatches, IViews } from "./tokens";

export const OPEN_VIEW = "batchgen:open-view";

/** A tab, in what is kept of it. */
export interface Tab {
  source: ViewSource;
  label: string;
  caption: string;
}

/** "Nov 21, 2:02 PM": a tab may stay for days. */
const MOMENT = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
});

interface ViewsOptions {
  batches: LateBatches;
  shell: ILabShell;
  isNotebook: (widget: ILabShell["currentWidget"]) => boolean;
  trans: TranslationBundle;
}

class ViewFrame extends Frame {
  constructor(
    readonly tab: Tab,
    ...frame: ConstructorParameters<typeof Frame>
  ) {
    super(...frame);
    this.id = tabId(tab.source);
    this.node.setAttribute("aria-label", tab.label);
    this.title.label = tab.label;
    this.title.caption = tab.caption;
    this.title.icon = batchesIcon;
    this.title.closable = true;
  }
}

export class Views {
  readonly tracker = new WidgetTracker<ViewFrame>({ namespace: "batchgen-views" });
  readonly #options: ViewsOptions;

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  /** Open a view of a session, or bring it to the front. */
  openView(kernel: KernelEntry, session: SidebarSession, view: SessionView): void {
    const { trans } = this.#options;
    const { id, generator, project } = session;
    const name = visible(generator);
    const label = {
      gallery: trans.__("%1 gallery", name),
      progress: trans.__("%1 progress", name),
      lineage: trans.__("%1 lineage", name),
    }[view];
    this.open({
      source: { kind: "session", view, kernel: kernel.id, session: id, project: project.key, generator },
      label,
      caption: visible(`${label}\n${kernel.titles.join(", ")}\n${project.folder}`),
    });
  }

  /** Open a batch of a project as a gallery, or bring it to the front. */
  openBatch(project: ProjectEntry, batch: BatchEntry): void {
    const { batches, trans } = this.#options;
    const kernel = batches.kernels.value.find(({ sessions }) =>
      sessions.some((one) => one.project.key === project.key),
    );
    if (project.path !== null)
      this.#openBatch({ kind: "batch", path: project.path, batch: batch.id }, batch, project.folder);
    else if (kernel) {
      const source = { kind: "kernelBatch", kernel: kernel.id, project: project.key, batch: batch.id } as const;
      this.#openBatch(source, batch, project.folder);
    } else {
      Notification.warning(
        trans.__("%1 is outside the folder of this server, and no kernel has it open any more.", visible(project.name)),
      );
    }
  }

  /** The view of a source, drawn into an element. */
  async draw(source: ViewSource, root: HTMLElement, lifetime: AbortSignal): Promise<void> {
    const [{ drawTab }, batches] = await Promise.all([import("./drawTab"), this.#options.batches.ready]);
    if (lifetime.aborted) return;
    const folder = source.kind === "batch" ? source.path : "";
    const onOpenBatch = (batch: BatchEntry) => {
      const beside = batchBeside(source, batch.id);
      if (beside) this.#openBatch(beside, batch, folder);
    };
    drawTab(
      root,
      batches.open(source, lifetime),
      source,
      source.kind === "archive" ? undefined : onOpenBatch,
      lifetime,
    );
  }

  /** Open a tab, or bring it to the front; `activate` false leaves what is in front. */
  open(tab: Tab, activate = true): ViewFrame {
    const { shell, trans, batches } = this.#options;
    let frame = this.tracker.find((one) => standsFor(one.tab.source, tab.source, batches.kernels.value));
    if (!frame) {
      frame = new ViewFrame(tab, (root, lifetime) => this.draw(tab.source, root, lifetime), trans);
      void this.tracker.add(frame);
      shell.add(frame, "main", { ...this.#place(), activate });
    }
    if (activate) shell.activateById(frame.id);
    return frame;
  }

  #openBatch(source: ViewSource, { generator, created_at }: BatchEntry, folder: string): void {
    const label = visible(`${generator}, ${MOMENT.format(created_at * 1000)}`);
    this.open({ source, label, caption: visible(folder ? `${label}\n${folder}` : label) });
  }

  /** Beside the notebook in front, where another view may already be; else with the other tabs. */
  #place(): { mode: "split-right" | "tab-after"; ref?: string } {
    const { shell, isNotebook } = this.#options;
    const current = shell.currentWidget;
    if (!current || !isNotebook(current)) return { mode: "tab-after" };
    const beside = this.tracker.find(({ isVisible }) => isVisible);
    return beside ? { mode: "tab-after", ref: beside.id } : { mode: "split-right", ref: current.id };
  }
}

export const views = labPlugin({
  name: "views",
  description: "Opens galleries, progress displays and lineages as tabs.",
  needs: [IBatches, INotebookTracker],
  uses: [ILayoutRestorer],
  provides: IViews,
  activate: ({ app, shell, trans }, [batches, notebooks], [restorer]) => {
    const isNotebook = (widget: typeof shell.currentWidget) => widget !== null && notebooks.has(widget);
    const opened = new Views({ batches, shell, isNotebook, trans });
    app.commands.addCommand(OPEN_VIEW, {
      label: trans.__("Open a View of a Batch"),
      execute: (args) => opened.open(args as unknown as Tab, false),
    });
    void restorer?.restore(opened.tracker, {
      command: OPEN_VIEW,
      args: ({ tab }) => ({ ...tab }) as unknown as ReadonlyPartialJSONObject,
      name: ({ id }) => id,
    });
    return opened;
  },
});
