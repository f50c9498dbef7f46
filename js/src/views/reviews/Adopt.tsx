/** Make what reviewers chose one's own marks. */

import { useSignal } from "@preact/signals";
import { formatCount } from "../../state/format";
import { Button } from "../controls";
import { useUniqueId } from "../ids";
import type { Choice, ReviewsStore } from "./store";

interface Option {
  label: string;
  choice: Choice;
}

function optionsOf(reviewers: readonly string[]): Option[] {
  const counts = reviewers.map((_, i) => reviewers.length - i);
  const enough = (count: number) => (count === reviewers.length ? `all ${count}` : `at least ${count}`);
  return [
    ...(reviewers.length > 1
      ? counts.map((count) => ({ label: `Starred by ${enough(count)}`, choice: { atLeast: count } }))
      : []),
    ...reviewers.map((reviewer) => ({ label: `Marks of ${reviewer}`, choice: { reviewer } })),
  ];
}

export function Adopt({
  store,
  reviewers,
  canUndo,
}: {
  store: ReviewsStore;
  reviewers: readonly string[];
  canUndo: boolean;
}) {
  const id = useUniqueId();
  const chosen = useSignal(0);
  const options = optionsOf(reviewers);
  const at = Math.min(chosen.value, options.length - 1);
  const choice = options[at]?.choice;
  const changes = choice ? store.changes(choice) : 0;
  return (
    <div class="bgw-adopt">
      <label class="bgw-label" for={id}>
        Take over
      </label>
      <select
        id={id}
        class="bgw-input bgw-select bgw-adopt-choice"
        value={String(at)}
        onChange={({ currentTarget }) => {
          chosen.value = Number(currentTarget.value);
        }}
      >
        {options.map(({ label }, i) => (
          <option key={label} value={String(i)}>
            {label}
          </option>
        ))}
      </select>
      <Button
        kind="primary"
        icon="star"
        unavailable={store.busy.value || !changes}
        onClick={() => {
          if (choice) void store.adopt(choice);
        }}
      >
        {changes ? `Change ${formatCount(changes, "mark")} of mine` : "Nothing to change"}
      </Button>
      <Button icon="undo" unavailable={store.busy.value || !canUndo} onClick={() => void store.undo()}>
        Undo
      </Button>
    </div>
  );
}
