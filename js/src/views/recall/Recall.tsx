/** What a file had to say of how it was made, and what the form took of it. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { RecipeTaken } from "../../state/wire.gen";
import type { ConfigStore } from "../config/store";
import { sendFile } from "../config/upload";
import { Button, IconButton, Notice } from "../controls";

interface RecallProps {
  store: ConfigStore;
  file: File;
  onClose: () => void;
}

type State =
  | { phase: "reading"; share: number }
  | { phase: "failed"; message: string }
  | { phase: "done"; taken: RecipeTaken };

const PROGRAMS = { automatic1111: "AUTOMATIC1111", comfyui: "ComfyUI", invokeai: "InvokeAI" };
/** As the kernel has it; what is larger need not be sent to hear so. */
const MOST_BYTES = 64 * 2 ** 20;

function maker({ made_by, generator }: RecipeTaken): string {
  return made_by === "batchgen" ? (generator ?? "this package") : PROGRAMS[made_by];
}

/** Focus what the file was chosen with. */
function focusButton(inside: Element | null): void {
  inside?.closest(".bgw-config")?.querySelector<HTMLElement>(".bgw-fill-in > button")?.focus();
}

export function Recall({ store, file, onClose }: RecallProps) {
  const root = useRef<HTMLDivElement>(null);
  const state = useSignal<State>({ phase: "reading", share: 0 });

  useEffect(() => {
    const lifetime = new AbortController();
    const run = async () => {
      if (!file.size) throw new Error(`${file.name} is empty.`);
      if (file.size > MOST_BYTES) {
        throw new Error(`${file.name} is larger than 64 MB. In Python: session.use_recipe(bg.recall(path))`);
      }
      // What is being typed comes first, so that it does not undo what the file says; a field that has the focus would keep it.
      focusButton(root.current);
      await store.flush();
      const answer = await sendFile(
        file,
        async (piece) => (await store.link.request("recipe.upload", piece)).result,
        (share) => {
          state.value = { phase: "reading", share };
        },
        lifetime.signal,
      );
      if (answer.taken) state.value = { phase: "done", taken: answer.taken };
    };
    state.value = { phase: "reading", share: 0 };
    run().catch((error: unknown) => {
      if (lifetime.signal.aborted) return;
      state.value = { phase: "failed", message: error instanceof Error ? error.message : String(error) };
    });
    return () => lifetime.abort();
  }, [store, file]);

  const now = state.value;
  const close = () => {
    focusButton(root.current);
    onClose();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls
    <div class="bgw-recall" ref={root} role="group" aria-label={`Recipe of ${file.name}`}>
      <div class="bgw-recall-said" role="status">
        {now.phase === "reading" && (
          <span class="bgw-muted">
            Reading {file.name}…{now.share > 0 && ` ${Math.round(100 * now.share)} %`}
          </span>
        )}
        {now.phase === "done" && <Summary name={file.name} taken={now.taken} />}
      </div>
      {now.phase === "failed" && <Notice onClose={close}>{now.message}</Notice>}
      {now.phase === "done" && <Details store={store} taken={now.taken} />}
      {now.phase === "reading" && (
        <Button kind="quiet" onClick={close}>
          Stop
        </Button>
      )}
      {now.phase === "done" && <IconButton icon="close" label="Close" onClick={close} />}
    </div>
  );
}

function Summary({ name, taken }: { name: string; taken: RecipeTaken }) {
  const left = taken.left_out.length;
  return (
    <>
      <strong>
        {taken.taken.length
          ? `${formatCount(taken.taken.length, "setting")} filled in from ${name}`
          : `Nothing in ${name} fits this form`}
      </strong>
      , made by {maker(taken)}
      {left > 0 && `; ${left} left out`}.
    </>
  );
}

function Details({ store, taken }: { store: ConfigStore; taken: RecipeTaken }) {
  const specs = store.link.trait("generator").value?.parameters ?? [];
  const labels = (names: string[]) =>
    names.map((name) => specs.find((spec) => spec.name === name)?.label ?? name).join(", ");
  return (
    <>
      {taken.taken.length > 0 && <p class="bgw-small bgw-muted">{labels(taken.taken)}</p>}
      {taken.varied.length > 0 && (
        <p class="bgw-small">
          Varied in this batch: {labels(taken.varied)}. What the file says counts once that is turned off.
        </p>
      )}
      {taken.left_out.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls by keyboard
        <ul class="bgw-small" aria-label="Left out" tabIndex={0}>
          {taken.left_out.map(({ name, reason }) => (
            <li key={name}>
              <strong>{name}</strong>: {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
