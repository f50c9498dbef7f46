/** Everything that is known about an asset, each value to be copied. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { formatCount } from "../../state/format";
import type { AssetRecord } from "../../state/wire.gen";
import { IconButton } from "../controls";
import { Icon, type IconName } from "../icons";
import { copyText } from "./clipboard";
import { asJson, asPython, type Fact, groupsOf } from "./describeAsset";
import { COPY, PARENT } from "./icons";

const COPIED_MS = 1600;
const REFUSED = "The browser does not allow copying here.";

/** Characters of a value that are shown before somebody asks for all of it. */
const LONG = 2000;
/** Characters of a value that the kernel sends; of a longer one an ellipsis follows. */
const SENT = 20_000;

type Say = (text: string) => void;

/** Copies a text, and shows for a moment that it did. */
function useCopy(text: () => string, what: string, onCopied: Say) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => {
      copied.value = false;
    }, COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = async ({ currentTarget }: MouseEvent) => {
    if (!(currentTarget instanceof HTMLElement)) return;
    copied.value = await copyText(text(), currentTarget);
    onCopied(copied.value ? `Copied ${what}` : REFUSED);
  };
  return { icon: (copied.value ? "check" : COPY) as IconName, copy };
}

function FactRow({ label, value, copy = value, onCopied }: Fact & { onCopied: Say }) {
  const all = useSignal(value.length <= LONG);
  const what = `${copy.length > SENT ? "the beginning of " : ""}${label.toLowerCase()}`;
  const copying = useCopy(() => copy, what, onCopied);
  return (
    <div class="bgw-fact">
      <dt>{label}</dt>
      <dd>
        <span class="bgw-fact-value">
          {all.value ? value : `${value.slice(0, LONG)}… `}
          {!all.value && (
            <button
              type="button"
              class="bgw-button bgw-quiet"
              onClick={() => {
                all.value = true;
              }}
            >
              Show {formatCount(value.length)} characters
            </button>
          )}
        </span>
        <IconButton class="bgw-fact-copy" icon={copying.icon} label={`Copy ${what}`} onClick={copying.copy} />
      </dd>
    </div>
  );
}

function CopyAll({ text, what, children, onCopied }: CopyAllProps) {
  const { icon, copy } = useCopy(text, what, onCopied);
  return (
    <button type="button" class="bgw-button bgw-quiet bgw-copy-all" aria-label={`Copy ${what}`} onClick={copy}>
      <Icon name={icon} />
      {children}
    </button>
  );
}

interface CopyAllProps {
  text: () => string;
  what: string;
  children: ComponentChildren;
  onCopied: Say;
}

interface FactsProps {
  record: AssetRecord;
  /** The name of the seed parameter. */
  seed: string;
  onCopied: Say;
  /** Shows another asset; not for those that are not among the ones to leaf through. */
  onShow: (position: number) => void;
  canShow: (position: number) => boolean;
  /** Shows where one that is not among them came from, by its id. */
  onFollow?: (id: string) => void;
}

export function Facts({ record, seed, onCopied, onShow, canShow, onFollow }: FactsProps) {
  const cut = Object.values(record.params).some((value) => String(value).length > SENT) ? ", long texts cut" : "";
  return (
    <>
      <div class="bgw-facts-tools">
        <span class="bgw-muted bgw-small">Copy all as</span>
        <CopyAll text={() => asJson(record)} what={`everything as JSON${cut}`} onCopied={onCopied}>
          JSON
        </CopyAll>
        <CopyAll text={() => asPython(record, seed)} what={`the parameters as Python${cut}`} onCopied={onCopied}>
          Python
        </CopyAll>
      </div>
      {groupsOf(record, seed).map(({ title, facts }) => (
        <section key={title} class="bgw-fact-group">
          <h4 class="bgw-subtitle">{title}</h4>
          <dl>
            {facts.map((fact) => (
              <FactRow key={`${record.position} ${fact.label}`} {...fact} onCopied={onCopied} />
            ))}
          </dl>
        </section>
      ))}
      {record.parents.length > 0 && (
        <section class="bgw-fact-group">
          <h4 class="bgw-subtitle">Made from</h4>
          <ul>
            {record.parents.map(({ id, name, position }) => (
              <li key={id} class="bgw-parent">
                <Icon name={PARENT} />
                {position !== null && canShow(position) ? (
                  <button type="button" class="bgw-button bgw-quiet" onClick={() => onShow(position)}>
                    {name}
                  </button>
                ) : onFollow ? (
                  <button type="button" class="bgw-button bgw-quiet" onClick={() => onFollow(id)}>
                    {name}
                  </button>
                ) : (
                  <span class="bgw-fact-value">{name}</span>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
