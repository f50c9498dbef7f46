/** Makes an asset again from its parameters, and says whether it came out the same. Closing the dialog stops it. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatDuration } from "../../state/format";
import type { KernelLink } from "../../state/link";
import { toBlob } from "../../state/thumbnails";
import type { ReproductionResult, ReproductionState } from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { useActions } from "../requests";

interface MakeAgainProps {
  link: KernelLink;
  source: string;
  position: number;
}

/** How often to look how far it is. */
const LOOK_MS = 200;

const VERDICTS: Record<ReproductionResult["verdict"], string> = {
  identical: "The same",
  close: "Nearly the same",
  different: "Different",
};

export function MakeAgain({ link, source, position }: MakeAgainProps) {
  const { problem, dismiss, attempt } = useActions(link);
  const seconds = useSignal<number | null>(null);
  const state = useSignal<ReproductionState | null>(null);
  const picture = useSignal<string | null>(null);
  const run = useRef<string | null>(null);
  const left = useRef(false);

  const stop = () => {
    const running = run.current;
    run.current = null;
    // Whoever leaves need not hear whether it was still there.
    if (running) link.request("asset.reproduce_stop", { run: running }).catch(() => {});
  };
  const forget = () => {
    if (picture.peek()) URL.revokeObjectURL(picture.peek() ?? "");
    picture.value = null;
    state.value = null;
  };
  useEffect(
    () => () => {
      left.current = true;
      stop();
      forget();
    },
    [],
  );

  const begin = () =>
    void attempt(async () => {
      forget();
      const { result: started } = await link.request("asset.reproduce", { source, position });
      run.current = started.run;
      if (left.current) {
        stop();
        return;
      }
      seconds.value = started.seconds;
      state.value = { done: false, progress: 0, message: null, problem: null, result: null };
      try {
        while (run.current === started.run && !state.peek()?.done) {
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
          if (run.current !== started.run) return;
          const { result, buffers } = await link.request("asset.reproduced", { run: started.run });
          if (run.current !== started.run) return;
          const [webp] = buffers;
          if (webp?.byteLength) picture.value = URL.createObjectURL(toBlob([webp], "image/webp"));
          state.value = result;
        }
      } catch (error) {
        state.value = null;
        throw error;
      } finally {
        if (run.current === started.run) run.current = null;
      }
    });

  const now = state.value;
  const running = now !== null && !now.done;
  const about = seconds.value === null ? "" : `, about ${formatDuration(Math.max(1, seconds.value))}`;
  return (
    <div class="bgw-again">
      <div class="bgw-use-buttons">
        {running ? (
          <Button
            icon="stop"
            onClick={() => {
              stop();
              forget();
            }}
          >
            Stop
          </Button>
        ) : (
          <Button icon="retry" onClick={begin}>
            Make again
          </Button>
        )}
      </div>
      {running && (
        <>
          <progress class="bgw-again-bar" aria-label="Making it again" max={1} value={now.progress} />
          <p class="bgw-small bgw-muted">{now.message ?? "It runs before the queue, as soon as a worker is free."}</p>
        </>
      )}
      <div class="bgw-small" role="status">
        {running && <p>Making it again{about}</p>}
        {now?.result && (
          <>
            <p>
              <strong>{VERDICTS[now.result.verdict]}</strong>
              <span class="bgw-muted"> · {now.result.summary}</span>
            </p>
            {now.result.changes.length > 0 && (
              <ul class="bgw-again-changes">
                {now.result.changes.map((change) => (
                  <li key={change}>{change}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
      {picture.value && <img class="bgw-again-picture" src={picture.value} alt="What was made now" />}
      {now?.problem && <Notice onClose={forget}>{now.problem}</Notice>}
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
    </div>
  );
}
