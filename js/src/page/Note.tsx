/** The reviewer's own words on an asset, above its facts. */

import type { ExtraProps } from "../views/detail/extras";
import { useUniqueId } from "../views/ids";
import type { Review } from "./review";
import { LONGEST_NOTE } from "./reviewFile";

export function noteOf(review: Review) {
  return function Note({ record: { id: asset } }: ExtraProps) {
    const id = useUniqueId();
    return (
      <div class="bgw-field">
        <label class="bgw-label" for={id}>
          Your note
        </label>
        <textarea
          id={id}
          class="bgw-input bgw-page-note"
          rows={2}
          maxLength={LONGEST_NOTE}
          value={review.noteOn(asset)}
          onInput={({ currentTarget }) => review.note(asset, currentTarget.value)}
        />
      </div>
    );
  };
}
