/** Two batches side by side: what differs first, then what came of it. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatName } from "../../state/describe";
import { formatCount, formatValue } from "../../state/format";
import type { IdThumbnails } from "../../state/idThumbnails";
import type { KernelLink } from "../../state/link";
import { formatMoment, formatWhen } from "../../state/when";
import type {
  BatchComparison,
  ComparedAsset,
  ComparedBatch,
  ComparedFact,
  ComparedMetric,
  ResultPair,
  Spread,
} from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { Icon } from "../icons";
import { BatchBadge } from "../progress/statuses";

const PAIRS_AT_ONCE = 40;

const GROUPS: Record<ComparedFact["group"], string> = {
  generator: "Generator",
  parameters: "Base parameters",
  config: "Variation",
  versions: "Versions",
  outcome: "Outcome",
};

type State = { phase: "loading" } | { phase: "failed"; message: string } | { phase: "here"; found: BatchComparison };

interface ComparisonProps {
  link: KernelLink;
  a: string;
  b: string;
  thumbnails: IdThumbnails;
}

export function BatchComparisonView({ link, a, b, thumbnails }: ComparisonProps) {
  const state = useSignal<State>({ phase: "loading" });
  const tries = useSignal(0);
  useEffect(() => {
    let left = false;
    state.value = { phase: "loading" };
    link.request("history.compare", { a, b }).then(
      ({ result }) => {
        if (!left) state.value = { phase: "here", found: result };
      },
      (error: unknown) => {
        if (!left) state.value = { phase: "failed", message: error instanceof Error ? error.message : String(error) };
      },
    );
    return () => {
      left = true;
    };
  }, [link, a, b, tries.value]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the comparison scrolls by keyboard
    <section class="bgw-versus" tabIndex={0} aria-label="Comparison">
      {state.value.phase === "loading" && (
        <p class="bgw-muted bgw-history-wait" role="status">
          Comparing…
        </p>
      )}
      {state.value.phase === "failed" && (
        <Notice>
          The batches could not be compared: {state.value.message}{" "}
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
      {state.value.phase === "here" && <Found found={state.value.found} thumbnails={thumbnails} />}
    </section>
  );
}

function Found({ found, thumbnails }: { found: BatchComparison; thumbnails: IdThumbnails }) {
  const differences = found.facts.filter(({ differs }) => differs);
  const alike = found.facts.filter(({ differs }) => !differs);
  return (
    <>
      <div class="bgw-versus-heads">
        <BatchCard letter="A" batch={found.a} />
        <BatchCard letter="B" batch={found.b} />
      </div>
      <section>
        <h4 class="bgw-subtitle">What differs</h4>
        {differences.length ? (
          <FactsTable facts={differences} />
        ) : (
          <p class="bgw-muted">Nothing that was asked for, and nothing that came of it.</p>
        )}
        {found.source_diff && (
          <details class="bgw-versus-more">
            <summary>How the source of the generator changed</summary>
            <SourceDiff text={found.source_diff} />
          </details>
        )}
        {alike.length > 0 && (
          <details class="bgw-versus-more">
            <summary>{formatCount(alike.length)} alike</summary>
            <FactsTable facts={alike} />
          </details>
        )}
      </section>
      {found.metrics.length > 0 && (
        <section>
          <h4 class="bgw-subtitle">Metrics</h4>
          <MetricsTable metrics={found.metrics} />
        </section>
      )}
      <Results found={found} thumbnails={thumbnails} />
    </>
  );
}

function BatchCard({ letter, batch }: { letter: string; batch: ComparedBatch }) {
  return (
    <div class="bgw-versus-card">
      <span class="bgw-versus-letter">{letter}</span>
      <span class="bgw-versus-words">
        <bdi class="bgw-past-generator">{batch.generator}</bdi>{" "}
        <span class="bgw-small bgw-muted bgw-number">
          <time title={formatMoment(batch.created_at)}>{formatWhen(batch.created_at)}</time>
          {" · "}
          {formatCount(batch.assets, "result")}
        </span>
      </span>
      <BatchBadge status={batch.status} />
    </div>
  );
}

function FactsTable({ facts }: { facts: readonly ComparedFact[] }) {
  const groups = Object.entries(GROUPS).flatMap(([group, title]) => {
    const members = facts.filter((fact) => fact.group === group);
    return members.length ? [{ title, members }] : [];
  });
  return (
    <table class="bgw-versus-table">
      <colgroup>
        <col class="bgw-versus-names" />
        <col span={2} />
      </colgroup>
      <thead class="bgw-sr-only">
        <tr>
          <th scope="col">What</th>
          <th scope="col">A</th>
          <th scope="col">B</th>
        </tr>
      </thead>
      {groups.map(({ title, members }) => (
        <tbody key={title}>
          <tr>
            <th class="bgw-versus-group bgw-small bgw-muted" scope="rowgroup" colSpan={3}>
              {title}
            </th>
          </tr>
          {members.map(({ name, a, b }) => (
            <tr key={name}>
              <th scope="row">
                <bdi>{formatName(name)}</bdi>
              </th>
              <Value letter="A" text={a} />
              <Value letter="B" text={b} />
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

function Value({ letter, text }: { letter: string; text: string | null }) {
  return (
    <td data-letter={letter}>
      {text === null ? (
        <span class="bgw-muted">
          <span aria-hidden="true">–</span>
          <span class="bgw-sr-only">none</span>
        </span>
      ) : (
        <bdi class="bgw-versus-value" title={text}>
          {text}
        </bdi>
      )}
    </td>
  );
}

function SourceDiff({ text }: { text: string }) {
  const kinds: Record<string, string> = { "+": "bgw-is-added", "-": "bgw-is-removed", "@": "bgw-muted" };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll by keyboard
    <pre class="bgw-versus-source" tabIndex={0}>
      {text.split("\n").map((line, i) => (
        <span key={i} class={kinds[line[0] ?? ""]}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}

function spreadText(spread: Spread | null): string {
  if (!spread) return "";
  const { mean, minimum, maximum } = spread;
  const short = (value: number) => String(Number(value.toPrecision(4)));
  return minimum === maximum ? short(mean) : `${short(mean)}  (${short(minimum)} to ${short(maximum)})`;
}

function MetricsTable({ metrics }: { metrics: readonly ComparedMetric[] }) {
  return (
    <table class="bgw-versus-table bgw-number">
      <colgroup>
        <col class="bgw-versus-names" />
        <col span={2} />
      </colgroup>
      <thead class="bgw-sr-only">
        <tr>
          <th scope="col">Metric</th>
          <th scope="col">Mean and range in A</th>
          <th scope="col">Mean and range in B</th>
        </tr>
      </thead>
      <tbody>
        {metrics.map(({ name, a, b }) => (
          <tr key={name}>
            <th scope="row">
              <bdi>{formatName(name)}</bdi>
              {a && b && a.mean !== b.mean && (
                <span class="bgw-small bgw-muted">
                  {" "}
                  {b.mean > a.mean ? "+" : "−"}
                  {formatValue(Number(Math.abs(b.mean - a.mean).toPrecision(3)))}
                </span>
              )}
            </th>
            <Value letter="A" text={spreadText(a) || null} />
            <Value letter="B" text={spreadText(b) || null} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Results({ found, thumbnails }: { found: BatchComparison; thumbnails: IdThumbnails }) {
  const room = useSignal(PAIRS_AT_ONCE);
  const pairs = found.pairs.slice(0, room.value);
  useEffect(() => {
    thumbnails.want(pairs.flatMap(({ a, b }) => [a, b].flatMap((asset) => (asset ? [asset.id] : []))));
  }, [found, room.value]);
  const alone = found.total - found.matched;
  const words = [
    formatCount(found.matched, "pair"),
    ...(alone ? [`${formatCount(alone)} without a partner`] : []),
    ...(found.total > found.pairs.length ? [`the first ${formatCount(found.pairs.length)} are shown`] : []),
  ];
  return (
    <section>
      <h4 class="bgw-subtitle">
        Results <span class="bgw-small bgw-muted bgw-number bgw-versus-count">{words.join(" · ")}</span>
      </h4>
      {found.total === 0 && <p class="bgw-muted">Neither batch has results.</p>}
      <ul class="bgw-versus-pairs">
        {pairs.map((pair) => (
          <PairItem key={`${pair.a?.id} ${pair.b?.id}`} pair={pair} thumbnails={thumbnails} />
        ))}
      </ul>
      {room.value < found.pairs.length && (
        <Button
          icon="chevron"
          onClick={() => {
            room.value += PAIRS_AT_ONCE;
          }}
        >
          Show {formatCount(Math.min(PAIRS_AT_ONCE, found.pairs.length - room.value))} more
        </Button>
      )}
    </section>
  );
}

function PairItem({ pair, thumbnails }: { pair: ResultPair; thumbnails: IdThumbnails }) {
  return (
    <li>
      <span class="bgw-versus-pair">
        <Side letter="A" asset={pair.a} thumbnails={thumbnails} />
        <Side letter="B" asset={pair.b} thumbnails={thumbnails} />
      </span>
      <bdi class="bgw-small bgw-muted bgw-number bgw-versus-label" title={pair.label}>
        {pair.label}
      </bdi>
    </li>
  );
}

const MARKS = { none: "", favorite: ", favorite", discarded: ", discarded" } as const;

function Side({
  letter,
  asset,
  thumbnails,
}: {
  letter: string;
  asset: ComparedAsset | null;
  thumbnails: IdThumbnails;
}) {
  if (!asset) return <span class="bgw-versus-none bgw-small bgw-muted">none in {letter}</span>;
  const url = thumbnails.get(asset.id);
  const alt = `${letter}: ${asset.alt}${MARKS[asset.mark]}`;
  return (
    <span class={`bgw-versus-side bgw-is-${asset.mark}`}>
      {url ? (
        <img src={url} alt={alt} draggable={false} />
      ) : (
        <span class="bgw-versus-none" role="img" aria-label={url === null ? `${alt}, no picture` : alt}>
          <Icon name={asset.kind} />
        </span>
      )}
      {asset.mark !== "none" && (
        <Icon name={asset.mark === "favorite" ? "star" : "discard"} filled={asset.mark === "favorite"} />
      )}
    </span>
  );
}
