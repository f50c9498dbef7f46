/** Share results: which of them, as what, and where to. */

import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { formatBytes, formatCount } from "../../state/format";
import { Button, IconButton, Notice, Switch } from "../controls";
import { copyText } from "../detail/clipboard";
import { download } from "../detail/download";
import { useDialog } from "../dialog";
import type { ToolProps } from "../gallery/tools";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { type How, MOST_DOWNLOADED, messageOf, ShareStore, type What, type Work } from "./store";

const WHAT: readonly { value: What; label: string }[] = [
  { value: "all", label: "All results" },
  { value: "favorites", label: "Favorites" },
  { value: "selected", label: "Selection" },
  { value: "shown", label: "What is shown" },
];

const HOW: Record<How, { label: string; about: string }> = {
  zip: { label: "Zip archive", about: "Media, parameters and tables in one file; other projects can import it." },
  folder: { label: "Folder", about: "The same, as files to look through." },
  page: {
    label: "Page",
    about: "One file for people without Jupyter, who review in any browser and send you a small file back.",
  },
  code: { label: "Python code", about: "A few lines that make the same batch again." },
};

function Choices({ store }: { store: ShareStore }) {
  const name = useUniqueId();
  const counts = store.counts.value;
  return (
    <fieldset class="bgw-share-choices">
      <legend class="bgw-subtitle">What</legend>
      <div class="bgw-share-row">
        {WHAT.map(({ value, label }) => (
          <label key={value} class="bgw-share-choice">
            <input
              type="radio"
              name={name}
              checked={store.what.value === value}
              disabled={counts[value] === 0}
              onChange={() => store.pick(value)}
            />
            <span>
              {label} <span class="bgw-muted bgw-number">{formatCount(counts[value])}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Ways({ store, ways }: { store: ShareStore; ways: readonly How[] }) {
  const name = useUniqueId();
  return (
    <fieldset class="bgw-share-choices">
      <legend class="bgw-subtitle">As</legend>
      <div class="bgw-share-ways">
        {ways.map((how) => (
          <label key={how} class={`bgw-share-way${store.how.value === how ? " bgw-is-chosen" : ""}`}>
            <input type="radio" name={name} checked={store.how.value === how} onChange={() => store.choose(how)} />
            <span>
              <span class="bgw-share-way-name">{HOW[how].label}</span>
              <span class="bgw-muted bgw-small">{HOW[how].about}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Place({ store, folder }: { store: ShareStore; folder: string }) {
  const id = useUniqueId();
  return (
    <div class="bgw-field">
      <label class="bgw-label" for={id}>
        Path on the machine of the kernel
      </label>
      <input
        id={id}
        class="bgw-input"
        type="text"
        spellcheck={false}
        autocomplete="off"
        aria-describedby={`${id}-hint`}
        value={store.path.value}
        onInput={({ currentTarget }) => store.type(currentTarget.value)}
      />
      <span class="bgw-hint bgw-share-folder" id={`${id}-hint`}>
        Begins at {folder}
      </span>
    </div>
  );
}

function Outcome({ store, work }: { store: ShareStore; work: Work }) {
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  if (work.phase === "running") {
    return (
      <div class="bgw-share-outcome">
        <progress
          class="bgw-share-progress"
          aria-label="Writing"
          {...(work.total ? { value: work.done, max: work.total } : {})}
        />
        <span class="bgw-muted bgw-small bgw-number">
          {work.total ? `${formatCount(work.done)} of ${formatCount(work.total, "file")}.` : "Writing…"} It goes on when
          you close this.
        </span>
      </div>
    );
  }
  if (work.phase === "failed") {
    return (
      <Notice>
        {work.message}{" "}
        {work.exists && (
          <Button icon="retry" onClick={() => void store.start(true)}>
            Replace it
          </Button>
        )}
      </Notice>
    );
  }
  if (work.phase !== "done") return null;
  const save = async () => {
    busy.value = true;
    try {
      const url = URL.createObjectURL(await store.fetchFile());
      download(url, work.path.split(/[\\/]/).at(-1) ?? "results");
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
      problem.value = null;
    } catch (error) {
      problem.value = messageOf(error);
    }
    busy.value = false;
  };
  return (
    <div class="bgw-share-outcome bgw-share-done">
      <Icon name="check" />
      <span class="bgw-share-path">
        <strong>{work.path}</strong> <span class="bgw-muted bgw-number">{formatBytes(work.size)}</span>
      </span>
      {work.isFile && work.size <= MOST_DOWNLOADED && (
        <Button icon="down" unavailable={busy.value} onClick={() => void save()}>
          Download
        </Button>
      )}
      {work.notes.map((note) => (
        <p key={note} class="bgw-share-note">
          {note}
        </p>
      ))}
      {problem.value && <Notice>It could not be downloaded: {problem.value}</Notice>}
    </div>
  );
}

function Code({ code, onSaid }: { code: string; onSaid: (text: string) => void }) {
  const copied = useSignal(false);
  return (
    <div class="bgw-share-code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the code scrolls by keyboard */}
      <section tabIndex={0} aria-label="Python code">
        <pre>{code}</pre>
      </section>
      <div>
        <button
          type="button"
          class="bgw-button"
          onClick={async ({ currentTarget }) => {
            copied.value = await copyText(code, currentTarget);
            onSaid(copied.value ? "Copied the code." : "The browser does not allow copying here.");
          }}
        >
          <Icon name={copied.value ? "check" : "all"} />
          {copied.value ? "Copied" : "Copy"}
        </button>
      </div>
    </div>
  );
}

function saidOf(work: Work): string {
  if (work.phase === "running") return "Writing.";
  if (work.phase === "done") return `Written: ${work.path}, ${formatBytes(work.size)}.`;
  return work.phase === "stopped" ? "Stopped; nothing was written." : "";
}

export function ShareDialog({ model, onClose }: ToolProps) {
  const { close, props } = useDialog(onClose);
  const titleId = useUniqueId();
  const said = useSignal("");
  const store = model.keep("share", () => new ShareStore(model));
  const plan = store.plan.value;
  const work = store.work.value;
  const how = store.how.value;
  const running = work.phase === "running";
  const again = work.phase === "done" && work.again;
  useLayoutEffect(() => {
    store.open();
  }, [store]);
  const none = store.counts.value[store.what.value] === 0;
  return (
    <dialog class="bgw-dialog bgw-share" aria-labelledby={titleId} {...props}>
      <form
        class="bgw-share-frame"
        onSubmit={(event) => {
          event.preventDefault();
          // Once more is over what this has just written.
          if (how !== "code" && !running && !none) void store.start(again);
        }}
      >
        <header class="bgw-share-head">
          <h3 class="bgw-title" id={titleId}>
            Share
          </h3>
          <span class="bgw-spread" />
          <IconButton icon="close" label="Close" onClick={close} />
        </header>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keyboard */}
        <section class="bgw-share-body" tabIndex={0} aria-label="What to share, and how">
          {store.problem.value && <Notice>{store.problem.value}</Notice>}
          {plan && (
            <>
              <Ways store={store} ways={plan.ways} />
              {how === "code" ? (
                store.code.value === null ? (
                  !store.problem.value && <p class="bgw-muted">Writing the code…</p>
                ) : (
                  <Code
                    code={store.code.value}
                    onSaid={(text) => {
                      said.value = text;
                    }}
                  />
                )
              ) : (
                <>
                  <Choices store={store} />
                  {how === "zip" && (
                    <Switch
                      label="Name it .batchgen, which JupyterLab opens as a gallery"
                      checked={store.asGallery.value}
                      onChange={(next) => store.endAsGallery(next)}
                    />
                  )}
                  {how === "page" && (
                    <Switch
                      label="Show my marks; without them reviewers judge for themselves"
                      checked={store.marks.value}
                      onChange={(next) => store.showMarks(next)}
                    />
                  )}
                  <Place store={store} folder={plan.folder} />
                  <Outcome store={store} work={work} />
                </>
              )}
            </>
          )}
          {!plan && !store.problem.value && <p class="bgw-muted">Looking…</p>}
        </section>
        <footer class="bgw-share-foot">
          <span class="bgw-muted bgw-small" role="status">
            {said.value || saidOf(work)}
          </span>
          <span class="bgw-spread" />
          {running && <Button onClick={() => void store.stop()}>Stop</Button>}
          <Button onClick={close}>Close</Button>
          {how !== "code" && (
            <button type="submit" class="bgw-button bgw-primary" aria-disabled={running || none ? "true" : undefined}>
              {again ? "Write again" : "Write"}
            </button>
          )}
        </footer>
      </form>
    </dialog>
  );
}
