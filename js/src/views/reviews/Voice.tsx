/** What one person says of one result. */

import type { AssetReview } from "../../state/wire.gen";
import { Icon } from "../icons";
import { NOTE } from "./icons";

const WORDS = { favorite: "Favorite", discarded: "Discarded" } as const;
const ICONS = { favorite: "star", discarded: "discard" } as const;

export function Voice({ said }: { said: AssetReview | null }) {
  if (!said) return <span class="bgw-sr-only">nothing</span>;
  const { mark, note } = said;
  return (
    <span class="bgw-voice">
      {mark && (
        <span class={`bgw-voice-mark bgw-is-${mark}`}>
          <Icon name={ICONS[mark]} filled={mark === "favorite"} />
          <span class="bgw-sr-only">{WORDS[mark]}</span>
        </span>
      )}
      {note && !mark && <Icon name={NOTE} />}
      {note && (
        <span class="bgw-voice-note bgw-small" title={note.slice(0, 2000)}>
          {note}
        </span>
      )}
    </span>
  );
}
