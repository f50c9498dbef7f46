/** What reviewers say of an asset, among its facts. */

import type { AssetRecord } from "../../state/wire.gen";
import { Icon } from "../icons";

export function Reviewed({ record }: { record: AssetRecord }) {
  if (!record.reviews?.length) return null;
  return (
    <section class="bgw-fact-group">
      <h4 class="bgw-subtitle">Reviews</h4>
      <ul class="bgw-reviewed-by">
        {record.reviews.map(({ reviewer, mark, note }) => (
          <li key={reviewer}>
            <span class={mark ? `bgw-is-${mark}` : ""}>
              {mark && <Icon name={mark === "favorite" ? "star" : "discard"} filled={mark === "favorite"} />}
            </span>
            <span class="bgw-fact-value">
              <bdi>
                <strong>{reviewer}</strong>
              </bdi>
              {mark && <span class="bgw-sr-only">{mark === "favorite" ? " starred it" : " discarded it"}</span>}
              {note && (
                <>
                  : <bdi>{note}</bdi>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
