/**
 * What the side panel knows and can do, whoever provides it: `watch/` in JupyterLab, a fake in tests and on the dev page.
 *
 * Components take this and know neither kernels nor servers nor JupyterLab's shell.
 */

import type { ReadonlySignal } from "@preact/signals";
import type { KernelLink } from "../state/link";
import type { ProjectRef, SidebarRequests, SidebarSession } from "../state/wire.gen";

/** A kernel that has a batch session. */
export interface KernelEntry {
  readonly id: string;
  /** The notebooks and consoles on it, as the file browser names them; where there is none, what the kernel is called. */
  readonly titles: readonly string[];
  /** `lost`: it does not answer, and nobody knows whether it lives. A kernel that is gone is no entry any more. */
  readonly state: "connecting" | "live" | "lost";
  readonly sessions: readonly SidebarSession[];
}

/** A project whose batches can be listed, under the server's root or open in a kernel. */
export interface ProjectEntry extends ProjectRef {
  /** Its path from the server's root; null where only a kernel can read it. */
  readonly path: string | null;
  /** How many batches it has; null where nobody has counted. */
  readonly batches: number | null;
  /** Why it can't be read, in words for people. */
  readonly problem: string | null;
}

export interface ProjectList {
  readonly entries: readonly ProjectEntry[];
  /** `absent`: the server runs without our extension. */
  readonly state: "loading" | "here" | "absent" | "failed";
  /** Why the server's list is not here; entries of kernels may still be. */
  readonly problem: string | null;
  /** Whether the search under the root came to its end. */
  readonly complete: boolean;
}

/** A batch, as lists of batches have it. */
export interface BatchEntry {
  readonly id: string;
  readonly generator: string;
  /** Epoch seconds. */
  readonly created_at: number;
}

export type SessionView = "gallery" | "progress" | "lineage";

export interface BatchesModel {
  readonly kernels: ReadonlySignal<readonly KernelEntry[]>;
  readonly projects: ReadonlySignal<ProjectList>;
  /** Ask a kernel to do something with a session. Rejects with the kernel's reason. */
  command<M extends keyof SidebarRequests>(
    kernel: string,
    method: M,
    params: SidebarRequests[M]["params"],
  ): Promise<void>;
  /** A link that answers `history.get` and `assets.thumbnails_by_id` for a project, until `lifetime` aborts. */
  historyOf(project: ProjectEntry, lifetime: AbortSignal): KernelLink;
  /** Look for projects again. */
  refresh(): void;
}

/** What a person can ask the shell for. */
export interface PanelActions {
  /** Bring the notebook to the front, and the cell that shows the session into view. */
  showCell(kernel: KernelEntry, session: SidebarSession): void;
  /** Open a view of a session as a tab, or bring the one that is open to the front. */
  openView(kernel: KernelEntry, session: SidebarSession, view: SessionView): void;
  /** Open a batch of a project as a gallery to look at. */
  openBatch(project: ProjectEntry, batch: BatchEntry): void;
  /** Put a new studio into the notebook in front; null where there is none. */
  readonly newStudio: ReadonlySignal<(() => void) | null>;
}

/** Where a tab has its view from; it is kept with the layout of the page, so that a reload opens the tab again. */
export type ViewSource =
  /** A session of a kernel; where that session is no more, one of the same generator and project is as good. */
  | { kind: "session"; view: SessionView; kernel: string; session: string; project: string; generator: string }
  /** A batch that a kernel reads, of a project outside the server's root. */
  | { kind: "kernelBatch"; kernel: string; project: string; batch: string }
  /** A batch that the server reads. */
  | { kind: "batch"; path: string; batch: string }
  /** An exported archive. */
  | { kind: "archive"; path: string };

/** A view on its way to a tab. */
export interface OpenView {
  /** Null until it is connected; another one when it had to connect again. */
  readonly link: ReadonlySignal<KernelLink | null>;
  /** `gone`: what it shows is no more, and `message` says why; it becomes `live` by itself if that comes back. */
  readonly state: ReadonlySignal<"connecting" | "live" | "gone">;
  readonly message: ReadonlySignal<string | null>;
  /** Whoever shows it says whether it is on screen: one that asks for what is new rests while nobody can see it. */
  setOnScreen?(onScreen: boolean): void;
}
