/** Everything that is known about an asset, each value to be copied. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatName } from "../../state/describe";
import { formatBytes, formatDuration, formatValue } from "../../state/format";
import type { AssetRecord } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { copyText } from "./clipboard";
import { COPY } from "./icons";

interface Fact {
  label: string;
  value: string;
  /** What is copied, where it is not what is shown. */
  copy?: string;
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const COPIED_MS = 1600;

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function factsOf(values: AssetRecord["params"]): Fact[] {
  return Object.entries(values).map(([name, value]) => ({
    label: capitalize(formatName(name)),
    value: formatValue(value),
    copy: value === null ? "" : String(value),
  }));
}

function fileFacts(record: AssetRecord): Fact[] {
  const facts: Fact[] = [
    { label: "Name", value: record.name },
    { label: "Size", value: formatBytes(record.file_size), copy: String(record.file_size) },
  ];
  if (record.width && record.height) facts.push({ label: "Dimensions", value: `${record.width} × ${record.height}` });
  if (record.duration) {
    facts.push({ label: "Duration", value: formatDuration(record.duration), copy: String(record.duration) });
  }
  facts.push(
    { label: "Created", value: TIME.format(record.created_at * 1000) },
    { label: "Task", value: String(record.task_index) },
    { label: "Path", value: record.path },
  );
  return facts;
}

function FactRow({ label, value, copy = value, onCopied }: Fact & { onCopied: (text: string) => void }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => {
      copied.value = false;
    }, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  return (
    <div class="bgw-fact">
      <dt>{label}</dt>
      <dd>
        <span class="bgw-fact-value">{value}</span>
        <IconButton
          class="bgw-fact-copy"
          icon={copied.value ? "check" : COPY}
          label={`Copy ${label.toLowerCase()}`}
          onClick={async (event) => {
            const button = event.currentTarget;
            if (!(button instanceof HTMLElement)) return;
            copied.value = await copyText(copy, button);
            onCopied(copied.value ? `Copied ${label.toLowerCase()}` : "The browser does not allow copying here.");
          }}
        />
      </dd>
    </div>
  );
}

export function Facts({ record, onCopied }: { record: AssetRecord; onCopied: (text: string) => void }) {
  const groups = [
    { title: "Parameters", facts: factsOf(record.params) },
    { title: "Metrics", facts: factsOf(record.metrics) },
    { title: "File", facts: fileFacts(record) },
  ].filter(({ facts }) => facts.length);
  return (
    <>
      {groups.map(({ title, facts }) => (
        <section key={title} class="bgw-fact-group">
          <h4 class="bgw-subtitle">{title}</h4>
          <dl>
            {facts.map((fact) => (
              <FactRow key={`${record.position} ${fact.label}`} {...fact} onCopied={onCopied} />
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}
