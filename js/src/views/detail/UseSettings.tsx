/** Takes the parameters of an asset over into the config panel, and says what that changed. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatName } from "../../state/describe";
import type { GalleryModel } from "../../state/gallery";
import { Button, Notice } from "../controls";
import { useActions } from "../requests";
import { APPLY } from "./icons";

const NAMED = 4;

/** "Changed prompt, steps and seed in the config panel." */
export function wordsFor(changed: readonly string[]): string {
  if (!changed.length) return "The config panel has these settings already.";
  const names = changed.map(formatName);
  const named = names.length > NAMED ? [...names.slice(0, NAMED - 1), `${names.length - NAMED + 1} more`] : names;
  const last = named.pop();
  return `Changed ${named.length ? `${named.join(", ")} and ${last}` : last} in the config panel.`;
}

interface UseSettingsProps {
  model: GalleryModel;
  position: number;
  /** Whether there is a seed to leave out. */
  hasSeed: boolean;
}

export function UseSettings({ model, position, hasSeed }: UseSettingsProps) {
  const { problem, dismiss, attempt } = useActions(model.link);
  const done = useSignal<{ butSeed: boolean; words: string } | null>(null);
  const busy = useSignal(false);
  useEffect(() => {
    done.value = null;
    dismiss();
  }, [position]);
  const use = async (butSeed: boolean) => {
    if (busy.peek()) return;
    busy.value = true;
    done.value = null;
    await attempt(async () => {
      const params = { source: model.source, position, but_seed: butSeed };
      const { result } = await model.link.request("assets.use", params);
      done.value = { butSeed, words: wordsFor(result.changed) };
    });
    busy.value = false;
  };
  const iconFor = (butSeed: boolean) => (done.value?.butSeed === butSeed ? "check" : APPLY);
  return (
    <div class="bgw-use">
      <div class="bgw-use-buttons">
        <Button icon={iconFor(false)} unavailable={busy.value} onClick={() => void use(false)}>
          Use these settings
        </Button>
        {hasSeed && (
          <Button icon={iconFor(true)} unavailable={busy.value} onClick={() => void use(true)}>
            All but the seed
          </Button>
        )}
      </div>
      <p class="bgw-small bgw-use-words" role="status">
        {done.value?.words}
      </p>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
    </div>
  );
}
