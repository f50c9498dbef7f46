/** The open notebooks: their connections to kernels, the cell that shows a session, and new studios. */

import type { ILabShell } from "@jupyterlab/application";
import { Notification } from "@jupyterlab/apputils";
import { INotebookTracker, NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel, ServiceManager } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { Signal } from "@lumino/signaling";
import { signal } from "@preact/signals-core";
import css from "../../styles/lab-shell.css?inline";
import type { OpenKernels } from "../watch/openKernels";
import { findCell } from "./cells";
import { labPlugin } from "./plugin";
import { addSheet } from "./sheets";
import { INotebooks } from "./tokens";

/** A studio that works as it is; the generator in it is one that comes along. */
export const STUDIO_CODE = `import batchgen_widgets as bg

# A generator to try things with. Yours is any function that makes images, video or audio, under @bg.generator.
studio = bg.BatchStudio(bg.demos.landscape)
studio`;

const HIGHLIGHT_MS = 1600;

interface NotebooksOptions {
  tracker: INotebookTracker;
  shell: ILabShell;
  commands: CommandRegistry;
  services: ServiceManager.IManager;
  trans: TranslationBundle;
}

function kernelOf(panel: NotebookPanel): Kernel.IKernelConnection | null {
  return panel.sessionContext.session?.kernel ?? null;
}

/** Whether a studio can be put into a notebook: nobody would see it run where the kernel speaks another language. */
function takesStudio({ context, content }: NotebookPanel): boolean {
  const language = context.model.defaultKernelLanguage.toLowerCase();
  return content.model?.readOnly === false && ["", "python", "ipython"].includes(language);
}

/** For a moment a cell shows that it is the one. */
function highlight(node: HTMLElement): void {
  node.classList.add("bgw-shown-cell");
  setTimeout(() => node.classList.remove("bgw-shown-cell"), HIGHLIGHT_MS);
}

export class Notebooks implements OpenKernels {
  readonly changed = new Signal<this, void>(this);
  readonly #options: NotebooksOptions;
  /** The notebook that a person works in, while it is on screen. */
  readonly #front = signal<NotebookPanel | null>(null);
  readonly #takesStudio = signal(false);

  constructor(options: NotebooksOptions) {
    this.#options = options;
    const { tracker, shell } = options;
    const look = () => {
      const { currentWidget } = tracker;
      this.#front.value = currentWidget?.isVisible ? currentWidget : null;
      this.#takesStudio.value = this.#front.value !== null && takesStudio(this.#front.value);
    };
    tracker.currentChanged.connect(look);
    shell.currentChanged.connect(look);
    shell.layoutModified.connect(look);
    const tell = () => this.changed.emit();
    tracker.widgetAdded.connect((_, panel) => {
      panel.sessionContext.kernelChanged.connect(tell);
      panel.disposed.connect(tell);
      // The language of its kernel comes later than the notebook.
      panel.context.model.metadataChanged.connect(look);
      tell();
    });
    look();
  }

  get kernelInFront(): string | null {
    return (this.#front.value && kernelOf(this.#front.value)?.id) ?? null;
  }

  connection(kernelId: string): Kernel.IKernelConnection | null {
    const [panel] = this.#on(kernelId);
    return panel ? kernelOf(panel) : null;
  }

  /** Whether a notebook on this kernel is on screen. */
  isSeen(kernelId: string): boolean {
    return document.visibilityState === "visible" && this.#on(kernelId).some((panel) => panel.isVisible);
  }

  /** Bring the cell that shows one of these widgets into view, and its notebook to the front; a notebook that is closed is opened. */
  async showCell(kernelId: string, widgets: readonly string[]): Promise<void> {
    const { shell, trans } = this.#options;
    const open = this.#on(kernelId);
    const closed = [...this.#options.services.sessions.running()].filter(
      ({ kernel, type, path }) =>
        kernel?.id === kernelId && type === "notebook" && !open.some((panel) => this.#isAt(panel, path)),
    );
    const all = [
      ...open.map((panel) => async () => panel),
      ...closed.map(
        ({ path }) =>
          () =>
            this.#open(path),
      ),
    ];
    let first: NotebookPanel | undefined;
    for (const get of all) {
      const panel = await get();
      await panel?.context.ready;
      if (!panel || panel.isDisposed) continue;
      first ??= panel;
      const index = findCell(panel.content.model?.cells ?? [], widgets);
      if (index >= 0) return this.#reveal(panel, index);
    }
    if (!first) {
      Notification.info(trans.__("This kernel has no notebook, so there is no cell to show."), { autoClose: 5000 });
      return;
    }
    shell.activateById(first.id);
    Notification.info(
      trans.__("No cell of this notebook shows the session: it was made without a widget, or its output is gone."),
      {
        autoClose: 8000,
      },
    );
  }

  /** Whether a studio can be put into the notebook in front. */
  get takesStudio(): boolean {
    return this.#takesStudio.value;
  }

  /** Put a studio below the active cell of the notebook in front, ready to be run. */
  async insertStudio(): Promise<void> {
    const panel = this.#front.value;
    const model = panel?.content.model;
    if (!panel || !model || !takesStudio(panel)) return;
    const index = panel.content.activeCellIndex + 1;
    model.sharedModel.insertCell(index, { cell_type: "code", source: STUDIO_CODE, metadata: { trusted: true } });
    this.#options.shell.activateById(panel.id);
    await this.#select(panel, index, "smart");
  }

  #on(kernelId: string): NotebookPanel[] {
    const panels: NotebookPanel[] = [];
    this.#options.tracker.forEach((panel) => {
      if (!panel.isDisposed && kernelOf(panel)?.id === kernelId) panels.push(panel);
    });
    return panels;
  }

  /** Whether a notebook is the file that the server knows by this path, through whichever drive it was opened. */
  #isAt({ context }: NotebookPanel, path: string): boolean {
    return this.#options.services.contents.localPath(context.path) === path;
  }

  async #open(path: string): Promise<NotebookPanel | undefined> {
    await this.#options.commands.execute("docmanager:open", { path });
    return this.#options.tracker.find((panel) => this.#isAt(panel, path));
  }

  async #reveal(panel: NotebookPanel, index: number): Promise<void> {
    this.#options.shell.activateById(panel.id);
    await panel.revealed;
    await this.#select(panel, index, "start");
    const cell = panel.content.widgets[index];
    if (cell) highlight(cell.node);
  }

  async #select({ content }: NotebookPanel, index: number, align: "start" | "smart"): Promise<void> {
    addSheet(css);
    content.mode = "command";
    content.deselectAll();
    content.activeCellIndex = index;
    // Rejected where something else scrolls meanwhile: then that is where a person wants to be.
    await content.scrollToItem(index, align, 0).catch(() => {});
    await NotebookActions.focusActiveCell(content, { waitUntilReady: true, preventScroll: true });
  }
}

export const notebooks = labPlugin({
  name: "notebooks",
  description: "Finds the notebooks of kernels, and the cells of batch sessions.",
  needs: [INotebookTracker],
  provides: INotebooks,
  activate: ({ app, shell, trans }, [tracker]) =>
    new Notebooks({ tracker, shell, commands: app.commands, services: app.serviceManager, trans }),
});
