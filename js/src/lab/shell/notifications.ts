/** A word when a batch ends. */

import { Notification } from "@jupyterlab/apputils";
import { effect } from "@preact/signals-core";
import { isFinished } from "../../state/batch";
import type { SidebarSession } from "../../state/wire.gen";
import type { ProjectEntry } from "../model";
import type { Batches } from "../watch/batches";
import { BatchEnds, describeEnd, type EndedBatch, type Seen } from "./ends";
import { labPlugin } from "./plugin";
import { IBatches, INotebooks, ISettings, IViews } from "./tokens";

/** While a person is there to read it. */
const READ_MS = 10_000;
/** As many batches of the history as a queue may have left behind. */
const RECENT = 50;

function projectOf(model: Batches, { project }: SidebarSession): ProjectEntry {
  const known = model.projects.value.entries.find(({ key }) => key === project.key);
  return known ?? { ...project, path: null, batches: null, problem: null };
}

/** What became of a batch that its session stopped showing, from the history of its project; null while it is not at its end. */
async function findEnd(model: Batches, { session, batch }: Seen): Promise<EndedBatch | null> {
  const lifetime = new AbortController();
  try {
    const link = model.historyOf(projectOf(model, session), lifetime.signal);
    const query = { text: "", generator: null, status: null, favorites: false, start: 0, stop: RECENT };
    const { result } = await link.request("history.get", query);
    const row = result.rows.find(({ id }) => id === batch.id);
    return row && isFinished(row) ? { ...row, total: row.tasks } : null;
  } finally {
    lifetime.abort();
  }
}

export const notifications = labPlugin({
  name: "notifications",
  description: "Tells when a batch ends.",
  needs: [ISettings, IBatches, INotebooks, IViews],
  activate: ({ trans }, [settings, batches, notebooks, views]) => {
    const openGallery = async ({ kernel, session, batch }: Seen) => {
      const model = await batches.ready;
      const entry = model.kernels.value.find(({ id }) => id === kernel.id);
      const now = entry?.sessions.find(({ id }) => id === session.id);
      // While the session shows that batch, its own gallery is the one to work in.
      if (entry && now?.batch?.id === batch.id) views.openView(entry, now, "gallery");
      else views.openBatch(projectOf(model, session), batch);
    };
    const tell = ({ kernel, session, batch }: Seen) => {
      const when = settings.notifications.peek();
      if (when === "never" || (when === "hidden" && notebooks.isSeen(kernel.id))) return;
      const words = describeEnd(batch, trans);
      if (!words) return;
      Notification.emit(words.message, words.type, {
        autoClose: document.visibilityState === "visible" ? READ_MS : false,
        actions: [
          {
            label: trans.__("Show the cell"),
            callback: () => void notebooks.showCell(kernel.id, session.widgets),
          },
          {
            label: trans.__("Open gallery"),
            displayType: "accent",
            callback: () => void openGallery({ kernel, session, batch }),
          },
        ],
      });
    };
    const ends = new BatchEnds();
    effect(() => {
      const { ended, replaced } = ends.hear(batches.kernels.value);
      for (const seen of ended) tell(seen);
      for (const seen of replaced) {
        batches.ready
          .then((model) => findEnd(model, seen))
          .then(
            (batch) => {
              if (batch && ends.end({ ...seen, batch })) tell({ ...seen, batch });
            },
            (error) => console.warn("How a batch ended can't be told.", error),
          );
      }
    });
  },
});
