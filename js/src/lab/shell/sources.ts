/** Where tabs have their views from. */

import type { KernelEntry, ViewSource } from "../model";

/** Drives whose files are those of the server: its own, and the one of JupyterLab's real-time collaboration. */
const SERVER_DRIVES = ["", "RTC"];

/** The id of the tab of a source: the same after a reload. */
export function tabId(source: ViewSource): string {
  const parts = Object.entries(source).sort(([a], [b]) => (a < b ? -1 : 1));
  return ["batchgen-view", ...parts.map(([, value]) => encodeURIComponent(value))].join(":");
}

/** Whether a tab shows a session: as that one, or as one before it that is no more, for which it is as good. */
export function standsFor(tab: ViewSource, wanted: ViewSource, kernels: readonly KernelEntry[]): boolean {
  if (tabId(tab) === tabId(wanted)) return true;
  if (tab.kind !== "session" || wanted.kind !== "session") return false;
  const alike = (["view", "project", "generator"] as const).every((name) => tab[name] === wanted[name]);
  if (!alike || kernels.some(({ sessions }) => sessions.some(({ id }) => id === tab.session))) return false;
  // After its own kernel another one will do; of several nobody knows which it shows.
  const { project, generator } = tab;
  const others = kernels.filter(({ sessions }) =>
    sessions.some((session) => session.project.key === project && session.generator === generator),
  );
  return tab.kernel === wanted.kernel || others.length === 1;
}

/** Where a batch of the same project is that a source shows; null where the source has one only. */
export function batchBeside(source: ViewSource, batch: string): ViewSource | null {
  if (source.kind === "archive") return null;
  if (source.kind === "batch") return { ...source, batch };
  return { kind: "kernelBatch", kernel: source.kernel, project: source.project, batch };
}

/** The path of a file from the server's root. Throws in words where it is not one of the server. */
export function serverPath(drive: string, localPath: string, refusal: string): string {
  if (!SERVER_DRIVES.includes(drive)) throw new Error(refusal);
  return localPath;
}
