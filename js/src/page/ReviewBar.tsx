/** Who reviews, how far they are, and where their marks go: into a file to send back. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatBytes, formatCount } from "../state/format";
import { Button, Notice } from "../views/controls";
import { download } from "../views/detail/download";
import { useUniqueId } from "../views/ids";
import { OPEN, SAVE } from "./icons";
import type { Review } from "./review";
import { LONGEST_NAME, MAX_BYTES } from "./reviewFile";

/** The browser may read the file a while after the click. */
const DOWNLOAD_MS = 60_000;

function saveFile({ name, text }: { name: string; text: string }): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}

async function readText(file: File): Promise<string> {
  if (file.size > MAX_BYTES)
    throw new Error(`A saved review has at most ${formatBytes(MAX_BYTES)}; choose another file.`);
  return file.text();
}

interface NameProps {
  review: Review;
  /** Whether a person is to give it now. */
  asked: boolean;
  onDone: () => void;
}

function NameForm({ review, asked, onDone }: NameProps) {
  const id = useUniqueId();
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (asked) field.current?.focus();
  }, [asked]);
  return (
    <form
      class="bgw-page-name"
      onSubmit={(event) => {
        event.preventDefault();
        if (!field.current?.value.trim()) return;
        review.rename(field.current.value);
        onDone();
      }}
    >
      <label class="bgw-label" for={id}>
        Your name
      </label>
      <input
        ref={field}
        id={id}
        class="bgw-input"
        defaultValue={review.name.peek()}
        maxLength={LONGEST_NAME}
        autocomplete="off"
        spellcheck={false}
        aria-describedby={asked ? `${id}-why` : undefined}
      />
      <button type="submit" class="bgw-button bgw-plain">
        OK
      </button>
      {asked && (
        <span class="bgw-muted bgw-small" id={`${id}-why`}>
          It says whose marks these are.
        </span>
      )}
    </form>
  );
}

export function ReviewBar({ review }: { review: Review }) {
  /** What the name is asked for. */
  const asked = useSignal<"change" | "save" | null>(null);
  const problem = useSignal<string | null>(null);
  const said = useSignal("");
  const chooser = useRef<HTMLInputElement>(null);
  const root = useRef<HTMLElement>(null);
  const name = review.name.value;
  const count = review.count.value;
  const unsaved = review.unsaved.value;

  // At once, not when it has been painted: whoever leaves may be quick.
  useLayoutEffect(() => {
    if (!unsaved) return;
    const stay = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", stay);
    return () => window.removeEventListener("beforeunload", stay);
  }, [unsaved]);

  const save = () => {
    if (!review.name.peek()) {
      asked.value = "save";
      return;
    }
    const file = review.save();
    saveFile(file);
    said.value = `Saved ${file.name}. Send it to whoever gave you this page.`;
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    try {
      said.value = review.open(await readText(file));
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
    if (chooser.current) chooser.current.value = "";
  };

  const marked = `${formatCount(count, "result")} reviewed`;
  const state = !count
    ? "Star what you like, set aside what you don’t; then save your review and send the file back."
    : `${marked}, ${unsaved ? "not saved yet" : "saved"}`;
  return (
    <section class="bgw-panel bgw-page-review" aria-label="Your review" ref={root}>
      <div class="bgw-page-review-line">
        {name && !asked.value ? (
          <p class="bgw-page-reviewer">
            Reviewing as <b>{name}</b>
            <Button
              kind="quiet"
              onClick={() => {
                asked.value = "change";
              }}
            >
              Change
            </Button>
          </p>
        ) : (
          <NameForm
            review={review}
            asked={asked.value !== null}
            onDone={() => {
              const saves = asked.peek() === "save";
              asked.value = null;
              if (saves) save();
              requestAnimationFrame(() => root.current?.querySelector("button")?.focus());
            }}
          />
        )}
        <span class="bgw-muted bgw-small bgw-number bgw-page-state">{state}</span>
        <span class="bgw-page-review-actions">
          <Button icon={OPEN} kind="quiet" onClick={() => chooser.current?.click()}>
            Open a review…
          </Button>
          <Button icon={SAVE} kind={unsaved ? "primary" : "plain"} unavailable={!count} onClick={save}>
            Save review
          </Button>
        </span>
        <input
          ref={chooser}
          type="file"
          accept=".json,application/json"
          hidden
          onChange={({ currentTarget }) => void open(currentTarget.files?.[0])}
        />
      </div>
      {!review.keeps.value && unsaved && (
        <p class="bgw-muted bgw-small">This browser keeps nothing between visits: save before you close the page.</p>
      )}
      {problem.value && (
        <Notice
          onClose={() => {
            problem.value = null;
          }}
        >
          {problem.value}
        </Notice>
      )}
      <p class={said.value ? "bgw-small" : "bgw-sr-only"} role="status">
        {said}
      </p>
    </section>
  );
}
