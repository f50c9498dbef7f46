/** What a result was made from, and what was made from it: a head that says how many, the graph, and what can be done with a relative. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import { IdThumbnails } from "../../state/idThumbnails";
import type { KernelLink } from "../../state/link";
import { formatMoment, formatWhen } from "../../state/when";
import type { Lineage, LineageNode } from "../../state/wire.gen";
import { Button, Empty, IconButton, Notice } from "../controls";
import { useActions } from "../requests";
import { Graph } from "./Graph";
import { BACK, CENTRE } from "./icons";
import { stateOf } from "./words";

/** A relative whose batch is known. */
export type LineageBatch = LineageNode & { batch: string };

export interface LineageViewProps {
  link: KernelLink;
  /** The id of the result that a person means; null when there is none, undefined until it is known. */
  asset: string | null | undefined;
  /** Shows the batch of a relative; left out where that can't be done. */
  onShowBatch?: ((node: LineageBatch) => unknown) | undefined;
  /** The id of the heading. */
  titleId?: string;
  /** Stands at the end of the head. */
  children?: ComponentChildren;
}

type State = { phase: "loading" } | { phase: "failed"; message: string } | { phase: "here"; lineage: Lineage };

export function LineageView({ link, asset, onShowBatch, titleId, children }: LineageViewProps) {
  const ref = useRef<HTMLDivElement>(null);
  /** The results that were looked at since, the last one at the end. */
  const trail = useSignal<readonly string[]>([]);
  const state = useSignal<State>({ phase: "loading" });
  const active = useSignal("");
  const tries = useSignal(0);
  const thumbnails = useMemo(() => new IdThumbnails(link), [link]);
  useEffect(() => () => thumbnails.close(), [thumbnails]);
  const { problem, dismiss, attempt } = useActions(link);
  const asked = trail.value.at(-1) ?? asset;

  useEffect(() => {
    trail.value = [];
  }, [asset]);
  useEffect(() => {
    if (typeof asked !== "string") return;
    let left = false;
    link.request("lineage.get", { asset: asked }).then(
      ({ result }) => {
        if (left) return;
        active.value = result.asset;
        state.value = { phase: "here", lineage: result };
      },
      (error: unknown) => {
        if (!left) state.value = { phase: "failed", message: error instanceof Error ? error.message : String(error) };
      },
    );
    return () => {
      left = true;
    };
  }, [link, asked, tries.value]);

  const lineage = state.value.phase === "here" ? state.value.lineage : null;
  const node = lineage?.nodes.find(({ id }) => id === active.value) ?? null;
  const open = (id: string) => {
    const found = lineage?.nodes.find((one) => one.id === id);
    if (id !== asked && found && found.kind !== null) trail.value = [...trail.value, id];
  };
  const alone = lineage !== null && lineage.nodes.length === 1 && lineage.left_out === 0;

  return (
    <div class="bgw-dialog-frame bgw-lineage" ref={ref} tabIndex={-1}>
      <header class="bgw-dialog-head">
        {trail.value.length > 0 && (
          <IconButton
            icon={BACK}
            label="Back to the result before"
            onClick={() => {
              trail.value = trail.value.slice(0, -1);
              if (!trail.value.length) ref.current?.focus();
            }}
          />
        )}
        <h3 class="bgw-title bgw-dialog-title" id={titleId}>
          Lineage
        </h3>
        {lineage && (
          <span class="bgw-muted bgw-small bgw-number bgw-dialog-place" role="status">
            {wordsFor(lineage)}
          </span>
        )}
        <span class="bgw-spread" />
        {children}
      </header>
      {state.value.phase === "failed" && (
        <div class="bgw-lineage-notice">
          <Notice>
            The lineage could not be read: {state.value.message}{" "}
            <Button
              icon="retry"
              onClick={() => {
                state.value = { phase: "loading" };
                tries.value += 1;
              }}
            >
              Try again
            </Button>
          </Notice>
        </div>
      )}
      {state.value.phase === "loading" && asked !== null && (
        <p class="bgw-muted bgw-lineage-wait" role="status">
          Looking for relatives…
        </p>
      )}
      {asked === null && (
        <Empty icon="image" title="No result to look at">
          Choose one in the gallery first.
        </Empty>
      )}
      {alone && (
        <Empty icon="image" title="No relatives">
          It was made from no other result, and nothing was made from it. A generator that takes an image, a video or a
          sound makes new results from old ones: <code>session.start_batch(upscale, inputs=batch.favorites)</code>
        </Empty>
      )}
      {lineage && !alone && <Graph lineage={lineage} thumbnails={thumbnails} active={active} onOpen={open} />}
      {problem.value && (
        <div class="bgw-lineage-notice">
          <Notice onClose={dismiss}>{problem.value}</Notice>
        </div>
      )}
      {lineage && !alone && node && (
        <footer class="bgw-lineage-foot">
          <About node={node} />
          <Button
            icon={CENTRE}
            unavailable={node.id === lineage.asset || node.kind === null}
            onClick={() => open(node.id)}
          >
            Look from here
          </Button>
          {onShowBatch && (
            <Button
              kind="primary"
              icon="image"
              unavailable={node.batch === null}
              onClick={() => void attempt(async () => onShowBatch(node as LineageBatch))}
            >
              Show its batch
            </Button>
          )}
        </footer>
      )}
    </div>
  );
}

function wordsFor({ nodes, left_out }: Lineage): string {
  const before = nodes.filter(({ generation }) => generation < 0).length;
  const after = nodes.filter(({ generation }) => generation > 0).length;
  const words = `${formatCount(before, "ancestor")}, ${formatCount(after, "descendant")}`;
  return left_out ? `${words}, and ${formatCount(left_out)} more` : words;
}

function About({ node }: { node: LineageNode }) {
  const state = stateOf(node);
  return (
    <div class="bgw-lineage-about">
      <bdi class="bgw-node-name">{node.name}</bdi>
      <span class="bgw-small bgw-muted">
        {node.generator && <bdi>{node.generator} · </bdi>}
        {node.created_at !== null && <time title={formatMoment(node.created_at)}>{formatWhen(node.created_at)}</time>}
        {state && `${node.kind === null ? "" : " · "}${state}`}
      </span>
    </div>
  );
}
