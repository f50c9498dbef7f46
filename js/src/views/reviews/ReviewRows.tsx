/** Results as rows, people as columns. */

import { useEffect } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { ReviewRow } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon } from "../icons";
import { type ReviewsStore, stars } from "./store";
import { Voice } from "./Voice";

interface RowsProps {
  model: GalleryModel;
  store: ReviewsStore;
  reviewers: readonly string[];
  rows: readonly ReviewRow[];
}

function Row({ model, store, reviewers, row }: Omit<RowsProps, "rows"> & { row: ReviewRow }) {
  const { position, name, reviews } = row;
  const picture = model.thumbnails.get(position);
  const mine = model.marks.of(position);
  return (
    <tr class={store.isDisputed(row) ? "bgw-is-disputed" : ""}>
      <th scope="row" class="bgw-reviewed">
        <span class="bgw-reviewed-picture">
          {picture ? <img src={picture} alt="" decoding="async" /> : <Icon name={model.kind(position)} />}
        </span>
        <span class="bgw-reviewed-name" title={name}>
          {name}
        </span>
      </th>
      <td>
        <span class="bgw-reviewed-mine">
          <IconButton
            class="bgw-tile-star"
            icon="star"
            label={`Favorite: ${name}`}
            pressed={mine === "favorite"}
            filled={mine === "favorite"}
            onClick={() => void store.mark(position, "favorite")}
          />
          <IconButton
            class="bgw-tile-discard"
            icon="discard"
            label={`Discard: ${name}`}
            pressed={mine === "discarded"}
            onClick={() => void store.mark(position, "discarded")}
          />
        </span>
      </td>
      {reviews.map((said, i) => (
        <td key={reviewers[i]}>
          <Voice said={said} />
        </td>
      ))}
      {reviewers.length > 1 && <td class="bgw-number">{formatCount(stars(row))}</td>}
    </tr>
  );
}

export function ReviewRows({ model, store, reviewers, rows }: RowsProps) {
  useEffect(() => model.thumbnails.want(rows.map(({ position }) => position)), [model, rows]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls by keyboard
    <section class="bgw-reviews-area" tabIndex={0} aria-label="Reviewed results">
      <table class="bgw-reviews-table">
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">You</th>
            {reviewers.map((reviewer) => (
              <th scope="col" key={reviewer}>
                <bdi class="bgw-reviewer" title={reviewer}>
                  {reviewer}
                </bdi>
              </th>
            ))}
            {reviewers.length > 1 && <th scope="col">Stars</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.position} model={model} store={store} reviewers={reviewers} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
