/** Where the assets of a lineage stand: a column for each generation, and lines that cross as little as is easily had. */

import type { Lineage, LineageEdge, LineageNode } from "../../state/wire.gen";

export const NODE_WIDTH = 136;
export const NODE_HEIGHT = 148;
const GAP = 16;
const PITCH = NODE_HEIGHT + GAP;
/** Room between generations for the lines and their words. */
const LANE = 108;
export const HEAD = 34;
/** A larger generation takes several columns beside each other. */
const ROWS = 10;
const SWEEPS = 6;

export interface Placed {
  node: LineageNode;
  /** Place of its generation, from the left. */
  column: number;
  /** Place in that, from the left and from the top. */
  part: number;
  row: number;
  left: number;
  top: number;
}

export interface Line {
  edge: LineageEdge;
  path: string;
  /** Where its words end. */
  x: number;
  y: number;
  /** Goes behind others of a generation that takes several columns. */
  hidden: boolean;
}

interface Column {
  generation: number;
  left: number;
  width: number;
  top: number;
  rows: number;
  nodes: Placed[];
}

export interface Layout {
  columns: Column[];
  places: ReadonlyMap<string, Placed>;
  lines: Line[];
  width: number;
  height: number;
}

/** The ids that each id has a line to, in both directions. */
function tiesOf(edges: readonly LineageEdge[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (one: string, other: string) => {
    const known = found.get(one);
    if (known) known.push(other);
    else found.set(one, [other]);
  };
  for (const { parent, child } of edges) {
    add(parent, child);
    add(child, parent);
  }
  return found;
}

/** Put each generation in the order of the mean place of what its nodes are tied to in the one before; sweep back and forth. */
function order(generations: LineageNode[][], ties: ReadonlyMap<string, string[]>): void {
  const place = new Map<string, number>();
  const note = (nodes: LineageNode[]) => {
    nodes.forEach(({ id }, i) => {
      place.set(id, (i + 0.5) / nodes.length);
    });
  };
  generations.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (let i = 1; i < generations.length; i += 1) {
      const at = forth ? i : generations.length - 1 - i;
      const nodes = generations[at] ?? [];
      const before = new Set((generations[forth ? at - 1 : at + 1] ?? []).map(({ id }) => id));
      const weight = new Map(
        nodes.map(({ id }) => {
          const tied = (ties.get(id) ?? []).filter((other) => before.has(other));
          const sum = tied.reduce((total, other) => total + (place.get(other) ?? 0), 0);
          return [id, tied.length ? sum / tied.length : (place.get(id) ?? 0)];
        }),
      );
      // Sorting is stable: those without a tie, and equal ones, stay as they are.
      nodes.sort((a, b) => (weight.get(a.id) ?? 0) - (weight.get(b.id) ?? 0));
      note(nodes);
    }
  }
}

type Point = readonly [x: number, y: number];

/** The gap between rows, or the room above and below them, through which a line passes a generation that it has nothing to do with. */
function passing({ top, rows }: Column, y: number): number {
  const gap = Math.max(0, Math.min(rows, Math.round((y - top + GAP / 2) / PITCH)));
  return top + gap * PITCH - GAP / 2;
}

function curve([x1, y1]: Point, [x2, y2]: Point): string {
  const bend = (x2 - x1) / 2;
  return `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function lineOf(edge: LineageEdge, from: Placed, to: Placed, columns: readonly Column[]): Line {
  const start: Point = [from.left + NODE_WIDTH, from.top + NODE_HEIGHT / 2];
  if (to.column <= from.column) {
    // A step within a generation, or back, as where results were made from each other in several ways, goes around their right ends.
    const [x, y] = [to.left + NODE_WIDTH, to.top + NODE_HEIGHT / 2];
    const out = Math.max(start[0], x) + 60;
    return {
      edge,
      path: `M${start.join(" ")}C${out} ${start[1]} ${out} ${y} ${x} ${y}`,
      x: out - 15,
      y: (start[1] + y) / 2,
      hidden: false,
    };
  }
  const end: Point = [to.left, to.top + NODE_HEIGHT / 2];
  let path = `M${start.join(" ")}`;
  let here = start;
  for (const column of columns.slice(from.column + 1, to.column)) {
    const y = passing(column, here[1] + ((end[1] - here[1]) * (column.left - here[0])) / (end[0] - here[0]));
    path += `${curve(here, [column.left, y])}H${column.left + column.width}`;
    here = [column.left + column.width, y];
  }
  path += curve(here, end);
  const hidden =
    to.part > 0 || from.left + NODE_WIDTH < (columns[from.column]?.width ?? 0) + (columns[from.column]?.left ?? 0);
  // Near the child, and not quite at its height: where several lines meet, their words do not.
  return { edge, path, x: end[0] - 10, y: here[1] + (end[1] - here[1]) * 0.8, hidden };
}

export function layoutLineage({ nodes, edges }: Pick<Lineage, "nodes" | "edges">): Layout {
  const numbers = [...new Set(nodes.map(({ generation }) => generation))].sort((a, b) => a - b);
  const generations = numbers.map((number) => nodes.filter(({ generation }) => generation === number));
  order(generations, tiesOf(edges));
  const rowsOf = (count: number) => (count <= ROWS ? count : Math.max(ROWS, Math.ceil(Math.sqrt(count))));
  const inner = Math.max(1, ...generations.map(({ length }) => rowsOf(length))) * PITCH - GAP;
  const places = new Map<string, Placed>();
  let left = 0;
  const columns = generations.map((members, column) => {
    const rows = rowsOf(members.length);
    const parts = Math.ceil(members.length / rows);
    const top = HEAD + (inner - (rows * PITCH - GAP)) / 2;
    const made: Column = {
      generation: numbers[column] ?? 0,
      left,
      width: parts * (NODE_WIDTH + GAP) - GAP,
      top,
      rows,
      nodes: members.map((node, i) => {
        const [part, row] = [Math.floor(i / rows), i % rows];
        const placed = { node, column, part, row, left: left + part * (NODE_WIDTH + GAP), top: top + row * PITCH };
        places.set(node.id, placed);
        return placed;
      }),
    };
    left += made.width + LANE;
    return made;
  });
  const lines = edges.flatMap((edge) => {
    const from = places.get(edge.parent);
    const to = places.get(edge.child);
    return from && to ? [lineOf(edge, from, to, columns)] : [];
  });
  return { columns, places, lines, width: Math.max(NODE_WIDTH, left - LANE), height: HEAD + inner };
}

export type Direction = "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown";

/** The node that an arrow key leads to: in the same generation where there is one, else along a line, else the nearest. */
export function stepFrom({ columns, places, lines }: Layout, id: string, direction: Direction): string {
  const here = places.get(id);
  if (!here) return id;
  const by = direction === "ArrowLeft" || direction === "ArrowUp" ? -1 : 1;
  const near = columns[here.column]?.nodes ?? [];
  if (direction === "ArrowUp" || direction === "ArrowDown") {
    return near.find(({ part, row }) => part === here.part && row === here.row + by)?.node.id ?? id;
  }
  const beside = near.filter(({ part }) => part === here.part + by);
  const next = columns[here.column + by]?.nodes ?? [];
  const tied = new Set(
    lines.flatMap(
      ({ edge: { parent, child } }) => (by < 0 ? child === id && [parent] : parent === id && [child]) || [],
    ),
  );
  const related = next.filter(({ node }) => tied.has(node.id));
  const among = beside.length ? beside : related.length ? related : next;
  const far = (place: Placed) => Math.abs(place.left - here.left) + Math.abs(place.top - here.top);
  const [nearest] = [...among].sort((a, b) => far(a) - far(b));
  return nearest?.node.id ?? id;
}
