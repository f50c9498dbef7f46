/** Results beside each other, one of them chosen: only those on screen exist, and only their pictures travel. */

import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import { hasFocus } from "../../views/focus";
import { Icon } from "../../views/icons";
import { visibleRows } from "../../views/scrolling";

/** Side of a picture, and from the left of one to the left of the next. */
export const SIDE = 64;
export const PITCH = SIDE + 8;
/** Room at both ends, as a panel has it. */
const EDGE = 16;
const EXTRA = 4;

interface StripProps {
  model: GalleryModel;
  /** Those in the strip, in order. */
  positions: readonly number[];
  /** Which of them is chosen. */
  at: number;
  label: string;
  onChoose: (at: number) => void;
}

export function Strip({ model, positions, at, label, onChoose }: StripProps) {
  const area = useRef<HTMLDivElement>(null);
  const left = useSignal(0);
  const width = useSignal(0);
  const count = positions.length;
  const { first, last } = visibleRows(left.value - EDGE, width.value, PITCH, count, EXTRA);
  const focused = hasFocus(area.current);

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    const measure = () => {
      // JupyterLab hides a tab that is behind another.
      if (!element.clientWidth) return;
      width.value = element.clientWidth;
      left.value = element.scrollLeft;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // The chosen one is in view, also after the strip has got another width.
  useLayoutEffect(() => {
    const element = area.current;
    if (!element?.clientWidth) return;
    const start = at * PITCH;
    const end = start + SIDE + 2 * EDGE;
    if (start < element.scrollLeft) element.scrollLeft = start;
    else if (end > element.scrollLeft + element.clientWidth) element.scrollLeft = end - element.clientWidth;
    left.value = element.scrollLeft;
  }, [at, width.value]);
  useLayoutEffect(() => {
    if (focused) {
      area.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus({ preventScroll: true });
    }
  }, [at]);
  useEffect(() => {
    const seen = positions.slice(first, last);
    model.thumbnails.want(seen);
    // The record of the chosen one also says whose lineage it is.
    model.records.want([positions[at] ?? 0, ...seen]);
  }, [model, positions, first, last, at]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(width.peek() / PITCH) - 1);
    const next = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(Math.max(0, Math.min(count - 1, next)));
  };
  const drawn = Array.from({ length: last - first }, (_, i) => first + i);
  // The tab stop exists wherever the person has scrolled to.
  if (at < first) drawn.unshift(at);
  else if (at >= last) drawn.push(at);
  return (
    <div
      class="bgw-tab-strip"
      role="listbox"
      aria-label={label}
      aria-orientation="horizontal"
      tabIndex={-1}
      ref={area}
      onScroll={() => {
        left.value = area.current?.scrollLeft ?? 0;
      }}
      onKeyDown={onKeyDown}
    >
      <div class="bgw-tab-strip-room" role="presentation" style={{ width: `${count * PITCH - 8 + 2 * EDGE}px` }}>
        {drawn.map((index) => (
          <One
            key={positions[index]}
            model={model}
            position={positions[index] ?? 0}
            index={index}
            count={count}
            chosen={index === at}
            onChoose={() => onChoose(index)}
          />
        ))}
      </div>
    </div>
  );
}

interface OneProps {
  model: GalleryModel;
  position: number;
  index: number;
  count: number;
  chosen: boolean;
  onChoose: () => void;
}

function One({ model, position, index, count, chosen, onChoose }: OneProps) {
  const thumbnail: ReadonlySignal<string | null | undefined> = useComputed(() => model.thumbnails.get(position));
  const record = useComputed(() => model.records.get(position)).value;
  const name = record?.name ?? `Result ${position}`;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the strip has the keys for all its results
    <div
      class="bgw-tab-strip-one"
      role="option"
      aria-selected={chosen}
      aria-setsize={count}
      aria-posinset={index + 1}
      aria-label={name}
      title={name}
      tabIndex={chosen ? 0 : -1}
      style={{ left: `${EDGE + index * PITCH}px`, width: `${SIDE}px`, height: `${SIDE}px` }}
      onClick={onChoose}
    >
      {thumbnail.value ? (
        <img src={thumbnail.value} alt="" draggable={false} decoding="async" />
      ) : (
        thumbnail.value === null && <Icon name={model.kind(position)} />
      )}
    </div>
  );
}
