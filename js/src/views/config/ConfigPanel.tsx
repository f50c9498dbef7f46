/** The config panel: the generator's form, what varies, the plan, Generate. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import type { GeneratorSpec, Settings } from "../../state/wire.gen";
import { Button, Empty } from "../controls";
import { Icon } from "../icons";
import { useUniqueId } from "../ids";
import { BatchSection, StrategySection } from "./BatchSection";
import { CodeButton } from "./CodeButton";
import { StoreProvider } from "./context";
import { FilledIn, FillIn, useFileDrop } from "./FillIn";
import { ParameterRow } from "./ParameterRow";
import { PlanView } from "./PlanView";
import { ConfigStore } from "./store";

export function ConfigPanel({ link }: { link: KernelLink }) {
  const store = useMemo(() => new ConfigStore(link), [link]);
  const planId = useUniqueId();
  useEffect(() => () => store.dispose(), [store]);
  const generator = link.trait("generator").value;
  const settings = store.settings.value;
  if (!generator || !settings) {
    return (
      <section class="bgw-panel bgw-config" aria-label="Configuration">
        <Empty icon="queue" title="No generator">
          Give the session a function that makes media, and its form appears here.
        </Empty>
      </section>
    );
  }
  return (
    <StoreProvider value={{ store, planId }}>
      <Form store={store} generator={generator} settings={settings} planId={planId} />
    </StoreProvider>
  );
}

interface FormProps {
  store: ConfigStore;
  generator: GeneratorSpec;
  settings: Settings;
  planId: string;
}

const FOCUSABLE = "input, textarea, select, button:enabled";

/** Bring the person to a field: to what is wrong in it, else to its first control. */
function focusField(root: HTMLElement | null, field: string): void {
  const row = root?.querySelector<HTMLElement>(`[data-field~="${CSS.escape(field)}"]`);
  const target = row?.querySelector<HTMLElement>('[data-blocked], [aria-invalid="true"]:not([data-field])');
  (target ?? row?.querySelector<HTMLElement>(FOCUSABLE))?.focus();
}

function Form({ store, generator, settings, planId }: FormProps) {
  const root = useRef<HTMLElement>(null);
  const titleId = useUniqueId();
  const file = useSignal<File | null>(null);
  const drop = useFileDrop((dropped) => {
    file.value = dropped;
  });
  const { enabled, variation_params: variation } = settings.config;

  const focusBlocked = (): boolean => {
    const blocked = root.current?.querySelector<HTMLElement>("[data-blocked]");
    if (!blocked) return false;
    blocked.focus();
    store.say(`Not started. Check ${blocked.dataset["blocked"]}.`, true);
    return true;
  };
  const attention = store.attention.value;
  useEffect(() => {
    if (attention) focusBlocked();
  }, [attention]);

  const generate = () => {
    if (focusBlocked()) return;
    const problem = store.planProblems.peek()[0];
    // With edits under way the plan on show is the one before them: then the kernel says.
    if (problem && !store.pending.peek()) {
      if (problem.field) focusField(root.current, problem.field);
      store.say("Not started. This plan can’t run.", true);
    } else void store.start();
  };

  return (
    <section
      class="bgw-panel bgw-config"
      aria-labelledby={titleId}
      ref={root}
      {...drop}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        generate();
      }}
    >
      <header class="bgw-config-head">
        <span class="bgw-config-mark">
          <Icon name={generator.kind ?? "queue"} />
        </span>
        <div class="bgw-config-names">
          <h3 class="bgw-title" id={titleId}>
            {generator.name}
          </h3>
          {generator.description && <p class="bgw-small bgw-muted">{generator.description}</p>}
        </div>
        <FillIn file={file} />
      </header>
      <FilledIn store={store} file={file} />
      <BatchSection settings={settings} />
      <div class="bgw-form">
        {enabled && (
          <div class="bgw-form-head" aria-hidden="true">
            Vary
          </div>
        )}
        {generator.parameters.length === 0 && <p class="bgw-small bgw-muted">This generator has no parameters.</p>}
        {generator.parameters.map((spec) => (
          <ParameterRow key={spec.name} spec={spec} settings={settings} />
        ))}
      </div>
      <footer class="bgw-config-foot">
        {enabled && <StrategySection variation={variation} />}
        <PlanView
          plan={store.link.trait("plan").value}
          planId={planId}
          onShow={(field) => focusField(root.current, field)}
        />
        <Generate store={store} onClick={generate} />
      </footer>
    </section>
  );
}

function Generate({ store, onClick }: { store: ConfigStore; onClick: () => void }) {
  const said = store.said.value;
  return (
    <div class="bgw-generate">
      <Button
        kind="primary"
        icon={store.busy() ? "queue" : "play"}
        unavailable={store.starting.value}
        onClick={onClick}
      >
        {store.busy() ? "Add to queue" : "Generate"}
      </Button>
      <div class="bgw-generate-foot">
        <span class={`bgw-generate-said bgw-small ${said?.bad ? "bgw-bad" : "bgw-muted"}`} role="status">
          {said?.text}
        </span>
        <CodeButton store={store} />
      </div>
    </div>
  );
}
