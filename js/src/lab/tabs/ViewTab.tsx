/** A view in a tab of its own: what it shows, and while it is on its way or gone, that. */

import { useSignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import { Empty } from "../../views/controls";
import { GalleryView } from "../../views/gallery/GalleryView";
import { Icon } from "../../views/icons";
import { ProgressDisplay } from "../../views/progress/ProgressDisplay";
import type { BatchEntry, OpenView, ViewSource } from "../model";
import { LineageTab } from "./LineageTab";
import { TabHead } from "./TabHead";
import { useKeptQuery } from "./useKeptQuery";

export interface ViewTabProps {
  view: OpenView;
  source: ViewSource;
  /** Opens a batch of the same project as a tab; left out where nobody can. */
  onOpenBatch?: (batch: BatchEntry) => void;
}

/** What comes sooner needs no word. */
const CALM_MS = 150;

const WORDS: Record<ViewSource["kind"], { waiting: string; back: string }> = {
  session: { waiting: "Waiting for the kernel", back: "Run the notebook again, and it comes back by itself." },
  kernelBatch: {
    waiting: "Waiting for the kernel",
    back: "Open the project in a notebook again, and it comes back by itself.",
  },
  batch: { waiting: "Reading the project", back: "Once it can be read again, it comes back by itself." },
  archive: { waiting: "Reading the archive", back: "When the file changes, it is read again by itself." },
};

export function ViewTab({ view, source, onOpenBatch }: ViewTabProps) {
  const link = view.link.value;
  const state = view.state.value;
  const message = view.message.value;
  // While it connects again, what was there stays to be looked at.
  const last = useRef<KernelLink | null>(null);
  last.current = link ?? last.current;
  const shown = last.current;
  const root = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return;
    const observer = new IntersectionObserver((entries) => {
      view.setOnScreen?.(entries.at(-1)?.isIntersecting ?? false);
    });
    observer.observe(root.current);
    return () => observer.disconnect();
  }, [view]);
  const gone = state === "gone";
  const { waiting, back } = WORDS[source.kind];
  useLayoutEffect(() => {
    // A modal dialog of what is out of reach would hold all of the page.
    if (gone) for (const dialog of content.current?.querySelectorAll("dialog") ?? []) dialog.close();
  }, [gone]);
  const why = message ?? "What it showed is no more.";
  return (
    <div class="bgw-tab" ref={root}>
      {shown && state !== "live" && (
        <p class={`bgw-tab-bar bgw-small${gone ? " bgw-is-gone" : ""}`} role="status">
          <Icon name={gone ? "alert" : "clock"} />
          <span>{gone ? `${why} ${back}` : "Connecting again…"}</span>
        </p>
      )}
      {shown ? (
        <div class="bgw-tab-view" ref={content} inert={gone}>
          <Content link={shown} source={source} onOpenBatch={onOpenBatch} />
        </div>
      ) : gone ? (
        <div class="bgw-tab-empty" role="status">
          <Empty icon="alert" title={why}>
            {back}
          </Empty>
        </div>
      ) : (
        <Waiting words={waiting} />
      )}
    </div>
  );
}

function Waiting({ words }: { words: string }) {
  const calm = useSignal(true);
  useEffect(() => {
    const rest = setTimeout(() => {
      calm.value = false;
    }, CALM_MS);
    return () => clearTimeout(rest);
  }, []);
  return (
    <div class="bgw-tab-empty" role="status">
      {!calm.value && <Empty icon="clock" title={`${words}…`} />}
    </div>
  );
}

interface ContentProps {
  link: KernelLink;
  source: ViewSource;
  onOpenBatch: ViewTabProps["onOpenBatch"];
}

function Content({ link, source, onOpenBatch }: ContentProps) {
  const view = source.kind === "session" ? source.view : "gallery";
  if (view === "lineage") return <LineageTab link={link} onOpenBatch={onOpenBatch} />;
  const View: FunctionComponent<{ link: KernelLink }> = view === "progress" ? ProgressDisplay : KeptGallery;
  return (
    <>
      {source.kind !== "session" && <TabHead link={link} source={source} />}
      <View link={link} />
    </>
  );
}

/** A gallery that keeps its query where another link shows the same. */
function KeptGallery({ link }: { link: KernelLink }) {
  useKeptQuery(link);
  return <GalleryView link={link} />;
}
