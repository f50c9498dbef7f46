/** A dialog over a gallery's model, as the gallery opens it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { expect } from "vitest";
import type { FakeKernel } from "../dev/fakeKernel";
import { GalleryModel } from "../src/state/gallery";
import type { Actions } from "../src/views/gallery/actions";
import { show } from "./mountBatch";

/** The dialog, once it is open. */
export function dialogIn(root: HTMLElement): HTMLDialogElement {
  const dialog = root.querySelector("dialog");
  if (!dialog) throw new Error("no dialog is open");
  return dialog;
}

interface Opened {
  root: HTMLElement;
  model: GalleryModel;
  /** What the dialog was closed with, each time. */
  closed: unknown[];
}

type Draw = (model: GalleryModel, actions: Actions, close: (...values: unknown[]) => void) => ComponentChildren;

export async function openDialog(kernel: FakeKernel, css: string | undefined, draw: Draw): Promise<Opened> {
  const model = new GalleryModel(kernel, "b1");
  const closed: unknown[] = [];
  const actions: Actions = {
    mark: (position, mark) => void model.marks.toggle(position, mark),
    undo: () => void model.marks.undo(),
  };
  const root = show(() => {
    const open = useSignal(true);
    useEffect(() => () => model.close(), []);
    if (!open.value) return null;
    const close = (...values: unknown[]) => {
      closed.push(values[0]);
      open.value = false;
    };
    return (
      <>
        <style>{css}</style>
        {draw(model, actions, close)}
      </>
    );
  }, kernel);
  await expect.poll(() => root.querySelector("dialog")?.matches(":modal")).toBe(true);
  return { root, model, closed };
}
