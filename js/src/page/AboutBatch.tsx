/** What made the batch: its parameters, what varied, and code that makes it again. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { formatName } from "../state/describe";
import { formatValue } from "../state/format";
import { Button } from "../views/controls";
import { copyText } from "../views/detail/clipboard";
import { COPY } from "../views/detail/icons";
import type { About } from "./data";
import { formatDate, tasks } from "./words";

const COPIED_MS = 1600;

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="bgw-page-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Code({ code }: { code: string }) {
  const copied = useSignal<boolean | null>(null);
  useEffect(() => {
    if (copied.value === null) return;
    const timer = setTimeout(() => {
      copied.value = null;
    }, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = async () => {
    const near = document.activeElement;
    copied.value = near instanceof HTMLElement && (await copyText(code, near));
  };
  return (
    <section class="bgw-page-code" aria-label="Code">
      <div class="bgw-page-code-head">
        <h3 class="bgw-subtitle">Python that makes it again</h3>
        <Button icon={copied.value ? "check" : COPY} kind="quiet" onClick={() => void copy()}>
          Copy
        </Button>
        <span class="bgw-sr-only" role="status">
          {copied.value === true && "Copied the code"}
          {copied.value === false && "The browser does not allow copying here."}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll by keyboard */}
      <pre tabIndex={0}>{code}</pre>
    </section>
  );
}

export function AboutBatch({ about }: { about: About }) {
  const base = Object.entries(about.base);
  return (
    <details class="bgw-page-about">
      <summary>About this batch</summary>
      <div class="bgw-page-about-body">
        <dl>
          <Row name="Generator">{about.generator}</Row>
          <Row name="Made">{formatDate(about.created_at)}</Row>
          <Row name="Tasks">{tasks(about)}</Row>
          <Row name="Batch">{about.batch}</Row>
        </dl>
        {about.varied.length > 0 && (
          <section aria-label="What varies">
            <h3 class="bgw-subtitle">What varies</h3>
            <dl>
              {about.varied.map(({ name, values }) => (
                <Row key={name} name={formatName(name)}>
                  {values}
                </Row>
              ))}
            </dl>
          </section>
        )}
        {base.length > 0 && (
          <section aria-label="What all share">
            <h3 class="bgw-subtitle">What all share</h3>
            <dl>
              {base.map(([name, value]) => (
                <Row key={name} name={formatName(name)}>
                  {formatValue(value)}
                </Row>
              ))}
            </dl>
          </section>
        )}
        {about.code !== null && <Code code={about.code} />}
      </div>
    </details>
  );
}
