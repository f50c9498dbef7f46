/** What a parameter is made from: files that are chosen or dropped here, or results of the gallery beside the form. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { KernelLink } from "../../state/link";
import { toBlob } from "../../state/thumbnails";
import type { InputList, ParameterSpec } from "../../state/wire.gen";
import type { RowIds } from "../config/Row";
import { sendFile } from "../config/upload";
import { Button, IconButton, Notice } from "../controls";
import { Icon } from "../icons";
import { useActions } from "../requests";

interface MediaFieldProps {
  link: KernelLink;
  spec: ParameterSpec;
  ids: RowIds;
}

const NOTHING: InputList = { count: 0, items: [] };
const NOUNS: Partial<Record<ParameterSpec["type"], string>> = { image: "image", video: "video", audio: "sound" };

/** The thumbnails of what is there, by place; those of what was there before are let go. */
function useThumbnails(link: KernelLink, parameter: string, ids: string) {
  const urls = useSignal<ReadonlyMap<number, string>>(new Map());
  useEffect(() => {
    let left = false;
    const made: string[] = [];
    const load = async () => {
      const { result, buffers } = await link.request("inputs.thumbnails", { parameter });
      if (left) return;
      const found = result.items.map(({ position, type }, at) => {
        const buffer = buffers[at];
        const url = buffer ? URL.createObjectURL(toBlob([buffer], type)) : "";
        made.push(url);
        return [position, url] as const;
      });
      urls.value = new Map(found);
    };
    urls.value = new Map();
    // Without pictures the names are still there.
    if (ids) load().catch(() => {});
    return () => {
      left = true;
      for (const url of made) URL.revokeObjectURL(url);
    };
  }, [link, parameter, ids]);
  return urls.value;
}

export function MediaField({ link, spec, ids }: MediaFieldProps) {
  const { given, takes } = link.trait("inputs").value;
  const { count, items } = given[spec.name] ?? NOTHING;
  const { problem, dismiss, attempt } = useActions(link);
  const root = useRef<HTMLFieldSetElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const said = useSignal("");
  const over = useSignal(false);
  const busy = useSignal(false);
  const lifetime = useRef(new AbortController());
  const urls = useThumbnails(link, spec.name, items.map(({ id }) => id).join());
  const noun = NOUNS[spec.type] ?? "result";
  const canUpload = spec.type !== "asset";
  const parameter = spec.name;

  useEffect(() => () => lifetime.current.abort(), []);

  const upload = async (files: readonly File[]) => {
    if (busy.peek() || !files.length) return;
    busy.value = true;
    // Files that come together are several inputs; what was there before makes way for them.
    let add = false;
    const done = await attempt(async () => {
      for (const file of files) {
        const send = (share: number) => {
          said.value = `Sending ${file.name}, ${Math.round(share * 100)} %`;
        };
        send(0);
        const joins = add;
        await sendFile(
          file,
          async (piece) => (await link.request("inputs.upload", { parameter, add: joins, ...piece })).result,
          send,
          lifetime.current.signal,
        );
        add = true;
      }
    });
    said.value = done ? `${formatCount(files.length, "file")} taken.` : "";
    busy.value = false;
  };
  const take = (which: "selected" | "favorites") =>
    void attempt(async () => {
      await link.request("inputs.take", { parameter, which });
      said.value = `The ${which === "selected" ? "selected results" : "favorites"} are taken.`;
    });
  const remove = (index: number | null, name: string) =>
    void attempt(async () => {
      await link.request("inputs.remove", { parameter, index });
      said.value = `${name} removed.`;
      // The button that was pressed goes; what is next to it, or begins anew, has the focus then.
      const rest = root.current?.querySelectorAll<HTMLElement>(".bgw-input-remove");
      const next = rest?.[Math.min(index ?? 0, rest.length - 1)];
      (index === null ? null : next)?.focus();
      if (!root.current?.contains(document.activeElement)) root.current?.querySelector<HTMLElement>("button")?.focus();
    });

  return (
    <fieldset
      class="bgw-media-field"
      ref={root}
      aria-labelledby={ids.labelId}
      aria-describedby={ids.control["aria-describedby"]}
      data-drop={over.value || undefined}
      onDragOver={(event) => {
        if (!canUpload || !event.dataTransfer?.types.includes("Files")) return;
        // The panel around it takes files too, and leaves those that are for a field.
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false;
      }}
      onDrop={(event) => {
        over.value = false;
        const files = [...(event.dataTransfer?.files ?? [])];
        if (!canUpload || !files.length) return;
        event.preventDefault();
        void upload(files);
      }}
    >
      {count > 0 && (
        <ul class="bgw-input-items">
          {items.map(({ id, name, kind }, at) => (
            <li class="bgw-input-item" key={`${at} ${id}`} title={name}>
              {urls.get(at) ? <img src={urls.get(at)} alt="" /> : <Icon name={kind ?? "alert"} />}
              <span class="bgw-input-name bgw-small">{kind ? name : `${name}, gone`}</span>
              <IconButton
                class="bgw-input-remove"
                icon="close"
                label={`Remove ${name}`}
                onClick={() => remove(at, name)}
              />
            </li>
          ))}
        </ul>
      )}
      {count > items.length && <p class="bgw-small bgw-muted">and {formatCount(count - items.length)} more</p>}
      {count > 1 && (
        <p class="bgw-small bgw-muted">{formatCount(count, noun)}: everything below happens with each of them.</p>
      )}
      {count === 0 && (
        <p class="bgw-small bgw-muted">
          {canUpload ? `No ${noun} yet. Choose a file, or drop some here.` : "No result yet."}
        </p>
      )}
      <div class="bgw-input-buttons">
        {canUpload && (
          <Button
            icon={noun === "sound" ? "audio" : (noun as "image" | "video")}
            unavailable={busy.value}
            onClick={() => input.current?.click()}
          >
            Choose {count ? "another file…" : "a file…"}
          </Button>
        )}
        {takes && <Button onClick={() => take("selected")}>Use selected results</Button>}
        {takes && (
          <Button icon="star" onClick={() => take("favorites")}>
            Use favorites
          </Button>
        )}
        {count > 1 && (
          <Button kind="quiet" onClick={() => remove(null, formatCount(count, noun))}>
            Clear
          </Button>
        )}
      </div>
      {canUpload && (
        <input
          type="file"
          hidden
          multiple
          accept={`${spec.type}/*`}
          ref={input}
          onChange={({ currentTarget }) => {
            void upload([...(currentTarget.files ?? [])]);
            // So that choosing the same one again is a change.
            currentTarget.value = "";
          }}
        />
      )}
      <p class="bgw-small bgw-muted bgw-input-said" role="status">
        {said}
      </p>
      {problem.value && <Notice onClose={dismiss}>{problem.value}</Notice>}
    </fieldset>
  );
}
