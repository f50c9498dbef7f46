/** The graph: lists of results, a list for each generation, with lines between them. */

import { type Signal, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type { IdThumbnails } from "../../state/idThumbnails";
import type { Lineage } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";
import { useScrollArea } from "../scrolling";
import { GONE, MINUS, PLUS, TRASH } from "./icons";
import { type Direction, type Line, layoutLineage, NODE_HEIGHT, NODE_WIDTH, type Placed, stepFrom } from "./layout";
import { headingOf, parametersOf, restOf, stateOf } from "./words";

/** With more lines than this, only those of the active node say by which parameter, and where these are more, none does. */
const MOST_WORDS = 24;
const SCALES = [0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.5];
const MARGIN = 20;
/** Beyond what is on screen, in pixels of the graph. */
const AHEAD = 300;

interface GraphProps {
  lineage: Lineage;
  thumbnails: IdThumbnails;
  active: Signal<string>;
  /** Look at the lineage from another result. */
  onOpen: (id: string) => void;
}

export function Graph({ lineage, thumbnails, active, onOpen }: GraphProps) {
  const layout = useMemo(() => layoutLineage(lineage), [lineage]);
  const names = useMemo(() => new Map(lineage.nodes.map(({ id, name }) => [id, name])), [lineage]);
  const area = useScrollArea();
  const left = useSignal(0);
  const scale = useSignal(1);
  const at = active.value;
  // Asked before the nodes change places, and with that lose the focus.
  const hadFocus = useMemo(() => area.ref.current?.contains(document.activeElement) ?? false, [layout]);

  useEffect(() => {
    // Those on screen, and a little around.
    const x = left.value / scale.value;
    const y = area.top.value / scale.value;
    const near = [...layout.places.values()].filter(
      (place) =>
        place.node.kind !== null &&
        place.left + NODE_WIDTH > x - AHEAD &&
        place.left < x + area.width.value / scale.value + AHEAD &&
        place.top + NODE_HEIGHT > y - AHEAD &&
        place.top < y + area.height.value / scale.value + AHEAD,
    );
    thumbnails.want(near.map(({ node }) => node.id));
  });
  const reveal = (id: string, focus: boolean) => {
    const element = area.ref.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
    if (!element) return;
    if (focus) element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  // Another lineage begins with the result that it is about in the middle.
  useLayoutEffect(() => {
    const place = layout.places.get(lineage.asset);
    const view = area.ref.current;
    if (!place || !view) return;
    view.scrollLeft = MARGIN + (place.left + NODE_WIDTH / 2) * scale.peek() - view.clientWidth / 2;
    area.scrollTo(MARGIN + (place.top + NODE_HEIGHT / 2) * scale.peek() - view.clientHeight / 2);
    left.value = view.scrollLeft;
    if (hadFocus) reveal(lineage.asset, true);
  }, [layout]);

  const zoom = (by: number) => {
    const next = SCALES[Math.max(0, Math.min(SCALES.length - 1, SCALES.indexOf(scale.peek()) + by))] ?? 1;
    const view = area.ref.current;
    if (!view || next === scale.peek()) return;
    const grown = next / scale.peek();
    const middle = [view.scrollLeft + view.clientWidth / 2, view.scrollTop + view.clientHeight / 2] as const;
    scale.value = next;
    requestAnimationFrame(() => {
      view.scrollLeft = middle[0] * grown - view.clientWidth / 2;
      area.scrollTo(middle[1] * grown - view.clientHeight / 2);
      left.value = view.scrollLeft;
    });
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key.startsWith("Arrow")) {
      active.value = stepFrom(layout, active.peek(), event.key as Direction);
      reveal(active.peek(), true);
    } else if (event.key === "Home") {
      active.value = lineage.asset;
      reveal(lineage.asset, true);
    } else if (event.key === "+" || event.key === "=") zoom(1);
    else if (event.key === "-") zoom(-1);
    else return;
    event.preventDefault();
  };
  const isTied = ({ edge: { parent, child } }: Line) => parent === at || child === at;
  const few = layout.lines.filter(isTied).length <= MOST_WORDS;
  const isLit = (line: Line) => isTied(line) && (few || !line.hidden);
  return (
    <div class="bgw-lineage-frame">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the nodes in it */}
      <div
        class="bgw-lineage-area"
        ref={area.ref}
        onScroll={() => {
          area.onScroll();
          left.value = area.ref.current?.scrollLeft ?? 0;
        }}
        onKeyDown={onKeyDown}
      >
        <div
          class="bgw-lineage-room"
          style={{ width: `${layout.width * scale.value}px`, height: `${layout.height * scale.value}px` }}
        >
          <div
            class="bgw-lineage-graph"
            style={{ width: `${layout.width}px`, height: `${layout.height}px`, scale: String(scale.value) }}
          >
            <svg class="bgw-lineage-lines" width={layout.width} height={layout.height} aria-hidden="true">
              {layout.lines.map((line) => (
                <path
                  key={`${line.edge.parent} ${line.edge.child}`}
                  d={line.path}
                  class={isLit(line) ? "bgw-is-active" : line.hidden ? "bgw-is-faint" : undefined}
                />
              ))}
              {layout.lines.map((line) =>
                (layout.lines.length <= MOST_WORDS || (few && isLit(line))) && line.edge.parameters.length ? (
                  <text key={`${line.edge.parent} ${line.edge.child}`} x={line.x} y={line.y + 4}>
                    {parametersOf(line.edge)}
                  </text>
                ) : null,
              )}
            </svg>
            <ol class="bgw-lineage-columns" aria-label="Generations, from the first to the last">
              {layout.columns.map(({ generation, left: x, width, nodes }) => (
                <li key={generation}>
                  <h4 class="bgw-lineage-heading bgw-small bgw-muted" style={{ left: `${x}px`, width: `${width}px` }}>
                    {headingOf(generation)}
                  </h4>
                  <ul>
                    {nodes.map((place) => (
                      <li key={place.node.id}>
                        <Node
                          place={place}
                          rest={restOf(
                            place.node,
                            lineage.edges.filter(({ child }) => child === place.node.id),
                            names,
                          )}
                          thumbnail={place.node.kind === null ? null : thumbnails.get(place.node.id)}
                          active={place.node.id === at}
                          current={place.node.id === lineage.asset}
                          onPress={() => {
                            active.value = place.node.id;
                          }}
                          onOpen={() => onOpen(place.node.id)}
                        />
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ol>
          </div>
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend */}
      <div class="bgw-lineage-zoom" role="group" aria-label="Size">
        <IconButton icon={MINUS} label="Smaller" unavailable={scale.value === SCALES[0]} onClick={() => zoom(-1)} />
        <IconButton icon={PLUS} label="Larger" unavailable={scale.value === SCALES.at(-1)} onClick={() => zoom(1)} />
      </div>
    </div>
  );
}

interface NodeProps {
  place: Placed;
  /** What is not to be seen. */
  rest: string;
  /** Null where there is none, undefined while it is on its way. */
  thumbnail: string | null | undefined;
  active: boolean;
  /** Whether the lineage is that of this one. */
  current: boolean;
  onPress: () => void;
  onOpen: () => void;
}

function Node({ place: { node, left, top }, rest, thumbnail, active, current, onPress, onOpen }: NodeProps) {
  const state = stateOf(node);
  return (
    <button
      type="button"
      class={`bgw-node${active ? " bgw-is-active" : ""}${current ? " bgw-is-current" : ""}${state ? " bgw-is-away" : ""}`}
      data-node={node.id}
      aria-current={current || undefined}
      tabIndex={active ? 0 : -1}
      style={{ left: `${left}px`, top: `${top}px`, width: `${NODE_WIDTH}px`, height: `${NODE_HEIGHT}px` }}
      onFocus={onPress}
      onClick={(event) => {
        onPress();
        // Enter is a click too, but one of no button.
        if (event.detail === 0) onOpen();
      }}
      onDblClick={onOpen}
    >
      <span class="bgw-node-picture">
        {thumbnail ? (
          <img src={thumbnail} alt="" draggable={false} />
        ) : (
          <Icon name={node.kind === null ? GONE : node.kind} />
        )}
        {node.mark && (
          <span class={`bgw-node-mark bgw-is-${node.mark}`}>
            <Icon name={node.mark === "favorite" ? "star" : "discard"} filled={node.mark === "favorite"} />
          </span>
        )}
        {node.kind !== null && node.trashed && (
          <span class="bgw-node-mark">
            <Icon name={TRASH} />
          </span>
        )}
      </span>
      <bdi class="bgw-node-name">{node.name}</bdi>{" "}
      <bdi class="bgw-node-generator bgw-muted">{state ?? node.generator}</bdi>
      {rest && <span class="bgw-sr-only">, {rest}</span>}
    </button>
  );
}
