/** Where the tiles are while the list of them changes. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { GalleryModel } from "../../state/gallery";
import type { Query } from "../../state/query";
import type { ScrollArea } from "../scrolling";
import { type GridLayout, keepPlace, keepTiles } from "./layout";

interface Places {
  /** How many places are free before the first tile. */
  lead: number;
  top: number;
}

/**
 * Another query begins at its top. Whatever else changes the list leaves what is on screen where it is: results that arrive or leave,
 * another tile size, another width.
 */
export function usePlaces(
  model: GalleryModel,
  area: ScrollArea,
  layout: GridLayout,
  shown: readonly number[],
  focused: boolean,
): Places {
  const query = model.query.value.value;
  const reading = model.reading.value;
  const top = area.top.value;
  const held = useRef<{ query: Query; shown: readonly number[]; layout: GridLayout; lead: number }>({
    query,
    shown,
    layout,
    lead: 0,
  });
  const before = held.current;
  let next: Places = { lead: before.lead, top };
  // While columns are on their way, what is on show is still that of the query before.
  const another = before.query !== query && !reading;
  if (another) next = { lead: 0, top: 0 };
  else if (before.layout.columns !== layout.columns || before.layout.rowHeight !== layout.rowHeight) {
    next = { lead: 0, top: keepPlace(top, before.layout, layout, before.lead) };
  } else if (before.shown !== shown && (top > 0 || focused)) next = keepTiles(before, shown, top, layout);
  else if (before.shown !== shown) next = { lead: 0, top };
  held.current = { query: another ? query : before.query, shown, layout, lead: next.lead };

  useLayoutEffect(() => {
    // The grid has its new height by now.
    if (next.top !== area.top.peek()) area.scrollTo(next.top);
  });
  useLayoutEffect(() => {
    if (another && !focused && shown[0] !== undefined) model.active.value = shown[0];
  }, [another]);
  return next;
}
