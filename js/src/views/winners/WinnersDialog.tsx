/** Which values win among the favorites, and settings narrowed around them. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import type { Winners, WinningParameter } from "../../state/wire.gen";
import { Button, Empty, IconButton, Notice } from "../controls";
import { useDialog } from "../dialog";
import { useUniqueId } from "../ids";
import { shortLabels } from "../sweep/labels";

interface WinnersProps {
  model: GalleryModel;
  link: KernelLink;
  /** Whether there is a config panel to fill. */
  canUse: boolean;
  onClose: () => void;
}

type State =
  | { phase: "loading" }
  | { phase: "failed"; message: string }
  | { phase: "here"; winners: Winners }
  | { phase: "used"; notes: readonly string[] };

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The values of one parameter: as long as how many have it, filled as far as they are favorites. */
function Parameter({ label, values }: WinningParameter) {
  const labels = shortLabels(values.map((value) => value.label));
  const most = values.reduce((max, { total }) => Math.max(max, total), 1);
  return (
    <section class="bgw-winner">
      <h4 class="bgw-subtitle">{label}</h4>
      <ul>
        {values.map((value, i) => (
          <li key={value.label} class={`bgw-winner-value${value.favorites ? " bgw-has-favorite" : ""}`}>
            <span class="bgw-winner-label" title={value.label}>
              {labels[i]}
            </span>{" "}
            <span class="bgw-winner-track" aria-hidden="true">
              <span class="bgw-winner-total" style={{ width: `${(100 * value.total) / most}%` }}>
                <span style={{ width: `${value.total ? (100 * value.favorites) / value.total : 0}%` }} />
              </span>
            </span>
            <span class="bgw-number bgw-winner-count">
              {formatCount(value.favorites)} of {formatCount(value.total)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Notes({ title, notes }: { title: string; notes: readonly string[] }) {
  if (!notes.length) return null;
  return (
    <section class="bgw-winner-notes">
      <h4 class="bgw-subtitle">{title}</h4>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

export function WinnersDialog({ model, link, canUse, onClose }: WinnersProps) {
  const { close, props } = useDialog(onClose);
  const done = useRef<HTMLHeadingElement>(null);
  const titleId = useUniqueId();
  const state = useSignal<State>({ phase: "loading" });
  const tries = useSignal(0);
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const { source } = model;
  const { phase } = state.value;

  useEffect(() => {
    let left = false;
    state.value = { phase: "loading" };
    link.request("winners.get", { source }).then(
      ({ result }) => {
        if (!left) state.value = { phase: "here", winners: result };
      },
      (error: unknown) => {
        if (!left) state.value = { phase: "failed", message: messageOf(error) };
      },
    );
    return () => {
      left = true;
    };
  }, [link, source, tries.value]);
  // The button that was pressed is gone: what it did is read next.
  useLayoutEffect(() => {
    if (phase === "used") done.current?.focus();
  }, [phase]);

  const use = async () => {
    if (busy.peek()) return;
    busy.value = true;
    problem.value = null;
    try {
      const { result } = await link.request("winners.use", { source });
      state.value = { phase: "used", notes: result.notes };
    } catch (error) {
      problem.value = messageOf(error);
    }
    busy.value = false;
  };

  return (
    <dialog class="bgw-dialog bgw-winners" aria-labelledby={titleId} {...props}>
      <div class="bgw-winners-frame">
        <header class="bgw-winners-head">
          <h3 class="bgw-title" id={titleId}>
            What wins
          </h3>
          {state.value.phase === "here" && (
            <span class="bgw-muted bgw-small bgw-number">
              {formatCount(state.value.winners.favorites, "favorite")} of{" "}
              {formatCount(state.value.winners.total, "result")}
            </span>
          )}
          <span class="bgw-spread" />
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keyboard */}
        <section class="bgw-winners-body" tabIndex={0} aria-label="Winning values">
          {state.value.phase === "loading" && (
            <p class="bgw-muted" role="status">
              Counting…
            </p>
          )}
          {state.value.phase === "failed" && (
            <Notice>
              The favorites could not be counted: {state.value.message}{" "}
              <Button
                icon="retry"
                onClick={() => {
                  tries.value += 1;
                }}
              >
                Try again
              </Button>
            </Notice>
          )}
          {state.value.phase === "here" && <Found winners={state.value.winners} canUse={canUse} />}
          {state.value.phase === "used" && (
            <div role="status">
              <h4 class="bgw-winners-done" ref={done} tabIndex={-1}>
                The config panel is filled
              </h4>
              <Notes title="What changed" notes={state.value.notes} />
              <p class="bgw-muted">Look it over there, then press Generate.</p>
            </div>
          )}
          {problem.value && <Notice>The settings could not be narrowed: {problem.value}</Notice>}
        </section>
        <footer class="bgw-winners-foot">
          <Button kind={state.value.phase === "used" ? "primary" : "plain"} onClick={close}>
            Close
          </Button>
          {canUse && state.value.phase === "here" && state.value.winners.favorites > 0 && (
            <Button kind="primary" icon="star" unavailable={busy.value} onClick={() => void use()}>
              More like these
            </Button>
          )}
        </footer>
      </div>
    </dialog>
  );
}

function Found({ winners: { favorites, parameters, notes }, canUse }: { winners: Winners; canUse: boolean }) {
  if (!favorites) {
    return (
      <Empty icon="star" title="No favorites yet">
        Press the star of the results you like, or F on one, or go through them in a review with R. Then this shows
        which values they share, and narrows the settings around them.
      </Empty>
    );
  }
  return (
    <>
      {parameters.length ? (
        <div class="bgw-winner-list">
          {parameters.map((parameter) => (
            <Parameter key={parameter.name} {...parameter} />
          ))}
        </div>
      ) : (
        <p class="bgw-muted">The results differ only in their seeds, so no value can win.</p>
      )}
      <Notes title={canUse ? "“More like these” would change" : "More like these would mean"} notes={notes} />
      {!canUse && (
        <p class="bgw-muted bgw-small">
          In Python: <code>session.config_from(gallery.favorites)</code>
        </p>
      )}
    </>
  );
}
