/** All batches of this JupyterLab: those that kernels run now, and those of every project. */

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Button, Empty, IconButton } from "../../views/controls";
import { useKeptFocus } from "../../views/focus";
import { useScrollArea } from "../../views/scrolling";
import type { BatchesModel, PanelActions } from "../model";
import { History } from "./History";
import { PLUS } from "./icons";
import { News } from "./news";
import { Running } from "./Running";
import { PanelScroller } from "./rowsOnScreen";
import { Section } from "./Section";
import { panelWidth } from "./width";

const NEW_STUDIO = "New Batch Studio cell";

export interface BatchesPanelProps {
  model: BatchesModel;
  actions: PanelActions;
}

export function BatchesPanel({ model, actions }: BatchesPanelProps) {
  const area = useScrollArea();
  const content = useRef<HTMLDivElement>(null);
  const layout = useSignal(0);
  const refreshes = useSignal(0);
  const isEmpty = useComputed(
    () =>
      !model.kernels.value.length &&
      !model.projects.value.entries.length &&
      model.projects.value.state === "here" &&
      model.projects.value.complete,
  ).value;
  const width = useComputed(() => panelWidth(area.width.value)).value;
  const loading = useComputed(() => model.projects.value.state === "loading").value;
  const newStudio = actions.newStudio.value;
  useKeptFocus(content, () => content.current?.querySelector("button")?.focus());
  useLayoutEffect(() => {
    if (!content.current) return;
    const observer = new ResizeObserver(() => {
      layout.value += 1;
    });
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);
  const scroller = useMemo(() => ({ area, layout }), []);
  const refresh = () => {
    refreshes.value += 1;
    model.refresh();
  };
  return (
    <div class="bgw-lab" ref={area.ref} onScroll={() => void area.onScroll()}>
      <div ref={content}>
        {isEmpty ? (
          <Empty icon="tilesLarge" title="No batches yet">
            <span class="bgw-lab-welcome">
              A batch that you start with <code>bg.BatchStudio</code> or <code>bg.BatchSession</code> shows here while
              it runs. What it made stays in the history.
            </span>
            {newStudio && (
              <Button kind="primary" icon={PLUS} onClick={newStudio}>
                {NEW_STUDIO}
              </Button>
            )}
            <Button kind="quiet" icon="retry" onClick={refresh}>
              Look again
            </Button>
          </Empty>
        ) : (
          <PanelScroller.Provider value={scroller}>
            <Section
              title="Running kernels"
              aside={newStudio && <IconButton icon={PLUS} label={NEW_STUDIO} onClick={newStudio} />}
            >
              <Running model={model} actions={actions} width={width} />
            </Section>
            <Section
              title="History"
              aside={
                <IconButton icon="retry" label="Look for projects again" unavailable={loading} onClick={refresh} />
              }
            >
              <History model={model} actions={actions} refreshes={refreshes} onRefresh={refresh} />
            </Section>
          </PanelScroller.Provider>
        )}
      </div>
      <Spoken model={model} />
    </div>
  );
}

/** What happens to batches, for those who do not look. */
function Spoken({ model }: Pick<BatchesPanelProps, "model">) {
  const news = useMemo(() => new News(), []);
  const said = useSignal("");
  const kernels = model.kernels.value;
  useEffect(() => {
    const text = news.hear(kernels, performance.now());
    if (text !== null) said.value = text;
  }, [news, kernels]);
  return (
    <p class="bgw-sr-only" aria-live="polite">
      {said.value}
    </p>
  );
}
