/** Which cell of a notebook shows a widget. */

const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** A cell, as far as that matters; JupyterLab's are such. */
export interface CellLike {
  readonly type: string;
  readonly outputs?: {
    readonly length: number;
    get(index: number): { readonly data: Readonly<Record<string, unknown>> };
  };
}

function widgetsIn({ type, outputs }: CellLike): string[] {
  if (type !== "code" || !outputs) return [];
  return Array.from({ length: outputs.length }, (_, i) => {
    const view = outputs.get(i).data[WIDGET_VIEW] as { model_id?: unknown } | undefined;
    return String(view?.model_id ?? "");
  });
}

/** The index of the cell that shows the newest of some widgets, given with the newest last; -1 where none does. */
export function findCell(cells: Iterable<CellLike>, widgets: readonly string[]): number {
  let newest = -1;
  let found = -1;
  let index = 0;
  for (const cell of cells) {
    for (const id of widgetsIn(cell)) {
      const age = widgets.indexOf(id);
      if (age > newest) {
        newest = age;
        found = index;
      }
    }
    index += 1;
  }
  return found;
}
