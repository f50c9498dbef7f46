/** What can be done with the results that are selected, in the place of the gallery's own actions. */

import { Action, FEWEST_COMPARED, type HeadProps, MOST_COMPARED } from "./Head";

/** From this width on there is room for words. */
const WORDS_OF_SELECTION = 1040;

export function SelectionActions({ model, width, actions }: Omit<HeadProps, "canChoose">) {
  const wordy = width >= WORDS_OF_SELECTION;
  const { readOnly } = model;
  const { undoable, offers } = model.link.trait("gallery").value;
  const count = model.selection.count;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a visible legend
    <div class="bgw-actions" role="group" aria-label="Selection">
      {!readOnly && (
        <>
          <Action icon="star" label="Favorite" wordy={wordy} onClick={() => actions.markSelection("favorite")} />
          <Action icon="discard" label="Discard" wordy={wordy} onClick={() => actions.markSelection("discarded")} />
          <Action icon="unmark" label="Clear mark" wordy={wordy} onClick={() => actions.markSelection("none")} />
        </>
      )}
      {!readOnly && offers.includes("cleanup") && (
        <Action icon="trash" label="Move to trash" wordy={wordy} onClick={actions.trashSelection} />
      )}
      <Action
        icon="compare"
        label={count < FEWEST_COMPARED || count > MOST_COMPARED ? "Compare (2 to 9)" : "Compare"}
        wordy={wordy}
        unavailable={count < FEWEST_COMPARED || count > MOST_COMPARED}
        onClick={actions.compareSelection}
      />
      <Action icon="all" label="Select all shown" wordy={wordy} onClick={actions.selectAll} />
      {!readOnly && <Action icon="undo" label="Undo" wordy={wordy} unavailable={!undoable} onClick={actions.undo} />}
      <Action icon="close" label="Deselect" wordy={wordy} onClick={actions.deselect} />
    </div>
  );
}
