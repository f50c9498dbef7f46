/**
 * What the panel edits. The kernel holds the settings; the store lays the edits that it has not confirmed over them, so that the
 * form answers at once, sends them in order, and keeps what the kernel said no to beside the field.
 */

import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { formatCount } from "../../state/format";
import { type KernelLink, RequestError } from "../../state/link";
import type { ConfigSettings, FieldProblem, Settings, SettingsUpdate, VariationSettings } from "../../state/wire.gen";
import { placeField, readField, same, writeField } from "./fields";
import type { Scalar, Steps } from "./parse";

export type Variation = VariationSettings["parameter_ranges"][string];

interface Edit {
  value: unknown;
  /** new: not sent. sent: no answer yet. kept: accepted, but the trait has not followed. refused: the kernel said no. */
  phase: "new" | "sent" | "kept" | "refused";
  /** The kernel's settings changed while the edit was under way. */
  overtaken: boolean;
}

interface Refusal {
  message: string;
  /** What the kernel had when it said no: when that changes, the refusal is history. */
  seen: unknown;
}

/** What a view remembers of a parameter: its values while it does not vary, and that a list was made as steps. */
interface Memory {
  off?: Variation;
  steps?: Steps;
}

const SEND_AFTER_MS = 150;

const told = (error: unknown) => (error instanceof Error ? error.message : String(error));

export class ConfigStore {
  /** The settings as the form shows them; null until the kernel has some. */
  readonly settings: ReadonlySignal<Settings | null>;
  /** Edits that the kernel has not answered. */
  readonly pending: ReadonlySignal<boolean>;
  /** True from Generate until the kernel answered. */
  readonly starting = signal(false);
  /** What Generate did or why it did not. */
  readonly said = signal<{ text: string; bad: boolean } | null>(null);
  /** Grows when the form should bring the person to the first problem. */
  readonly attention = signal(0);
  readonly memory = signal<Record<string, Memory>>({});

  /** Why nothing can run, each with the field that is to blame where the form has it. */
  readonly planProblems: ReadonlySignal<{ field: string | null; label: string | null; message: string }[]>;

  private readonly edits = signal<ReadonlyMap<string, Edit>>(new Map());
  private readonly refusals = signal<ReadonlyMap<string, Refusal>>(new Map());
  private readonly kernel: ReadonlySignal<Settings | null>;
  private readonly unsubscribe: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(readonly link: KernelLink) {
    this.kernel = link.trait("settings");
    this.settings = computed(() => {
      let settings = this.kernel.value;
      if (settings) for (const [field, { value }] of this.edits.value) settings = writeField(settings, field, value);
      return settings;
    });
    this.pending = computed(() =>
      [...this.edits.value.values()].some(({ phase }) => phase === "new" || phase === "sent"),
    );
    this.planProblems = computed(() => {
      const plan = link.trait("plan").value;
      if (!plan || plan.ok) return [];
      return plan.errors.map(({ field: named, message }) => {
        const place = placeField(link.trait("generator").value, named);
        return { field: place?.field ?? null, label: place?.label ?? null, message };
      });
    });
    this.unsubscribe = this.kernel.subscribe(() => this.follow());
  }

  setBase(name: string, value: Scalar): void {
    this.edit(`base.${name}`, value);
  }

  setConfig<K extends "enabled" | "batch_size">(key: K, value: ConfigSettings[K]): void {
    this.edit(key, value);
  }

  setVariation<K extends keyof VariationSettings>(key: K, value: VariationSettings[K]): void {
    this.edit(key, value);
  }

  /** How a parameter varies; undefined when it no longer does. */
  setRange(name: string, value: Variation | undefined): void {
    this.edit(`parameter_ranges.${name}`, value);
  }

  remember(name: string, memory: Memory): void {
    this.memory.value = { ...this.memory.value, [name]: { ...this.memory.value[name], ...memory } };
  }

  forgetSteps(name: string): void {
    const { steps: _, ...rest } = this.memory.value[name] ?? {};
    this.memory.value = { ...this.memory.value, [name]: rest };
  }

  /** Why the kernel refused a field's value. */
  refusal(field: string): string | null {
    return this.refusals.value.get(field)?.message ?? null;
  }

  /** Give up values of these fields that the kernel refused: their controls are about to go. */
  abandon(...fields: string[]): void {
    const gone = new Set(fields.filter((field) => this.edits.peek().get(field)?.phase === "refused"));
    if (!gone.size) return;
    batch(() => {
      this.edits.value = new Map([...this.edits.peek()].filter(([field]) => !gone.has(field)));
      this.refusals.value = new Map([...this.refusals.peek()].filter(([field]) => !gone.has(field)));
    });
  }

  /** Send every edit now; true when the kernel has taken all that the form shows. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    this.sending = this.sending.then(() => this.send());
    await this.sending;
    return ![...this.edits.peek().values()].some(({ phase }) => phase === "new" || phase === "refused");
  }

  /** Start a batch from what the form shows. */
  async start(): Promise<void> {
    if (this.starting.peek()) return;
    const running = this.busy();
    batch(() => {
      this.starting.value = true;
      this.said.value = null;
    });
    try {
      if (!(await this.flush())) {
        this.attention.value += 1;
        const [refusal] = this.refusals.peek().values();
        if (refusal && !this.said.peek()) this.say(refusal.message, true);
        return;
      }
      const { result } = await this.link.request("batch.start", {});
      this.say(`${formatCount(result.count, "task")} ${running ? "added to the queue" : "started"}.`);
    } catch (error) {
      this.refuse(error, new Map());
      this.attention.value += 1;
    } finally {
      this.starting.value = false;
    }
  }

  say(text: string, bad = false): void {
    this.said.value = { text, bad };
  }

  /** Tasks run or wait, so that a new batch goes behind them. A panel of its own has no such traits: then never. */
  busy(): boolean {
    const status = this.link.trait("batch").value?.status;
    const waiting = this.link.trait("queue").value?.tasks ?? 0;
    return status === "pending" || status === "running" || status === "paused" || waiting > 0;
  }

  dispose(): void {
    this.unsubscribe();
    // An edit made just before the view closes is still meant.
    void this.flush();
  }

  private edit(field: string, value: unknown): void {
    batch(() => {
      this.edits.value = new Map(this.edits.peek()).set(field, { value, phase: "new", overtaken: false });
      const edits = this.edits.peek();
      this.refusals.value = new Map(
        [...this.refusals.peek()].filter(([other]) => edits.get(other)?.phase === "refused"),
      );
      this.said.value = null;
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), SEND_AFTER_MS);
  }

  /** The kernel's settings changed: let go of the edits that they hold, or that something newer has replaced. */
  private follow(): void {
    const settings = this.kernel.peek();
    if (!settings) return;
    batch(() => {
      const edits = new Map(this.edits.peek());
      for (const [field, edit] of edits) {
        const arrived = same(writeField(settings, field, edit.value), settings);
        const replaced =
          edit.phase === "refused" && !same(this.refusals.peek().get(field)?.seen, readField(settings, field));
        if (edit.phase === "kept" || (edit.phase === "sent" && arrived) || replaced) edits.delete(field);
        else if (edit.phase === "sent") edit.overtaken = true;
      }
      this.edits.value = edits;
      this.refusals.value = new Map(
        [...this.refusals.peek()].filter(([field, { seen }]) => same(seen, readField(settings, field))),
      );
    });
  }

  private async send(): Promise<void> {
    const settings = this.kernel.peek();
    const sent = new Map([...this.edits.peek()].filter(([, { phase }]) => phase === "new"));
    if (!settings || !sent.size) return;
    let next = settings;
    for (const [field, { value, phase }] of this.edits.peek()) {
      if (phase !== "refused") next = writeField(next, field, value);
    }
    const update: SettingsUpdate = {};
    for (const [field, edit] of sent) {
      edit.phase = "sent";
      if (field.startsWith("base.")) {
        const name = field.slice(5);
        update.base = { ...update.base, [name]: next.base[name] ?? null };
      } else update.config = next.config;
    }
    this.edits.value = new Map(this.edits.peek());
    try {
      await this.link.request("settings.update", update);
    } catch (error) {
      // One bad field spoils the whole update: send the rest again without it.
      if (this.refuse(error, sent)) await this.send();
      return;
    }
    const edits = new Map(this.edits.peek());
    for (const [field, edit] of sent) {
      if (edits.get(field) !== edit) continue;
      const now = this.kernel.peek();
      if (edit.overtaken || (now && same(writeField(now, field, edit.value), now))) edits.delete(field);
      else edit.phase = "kept";
    }
    this.edits.value = edits;
  }

  /** Put the kernel's no where it belongs; true when the remaining edits of an update may be tried without the bad ones. */
  private refuse(error: unknown, sent: ReadonlyMap<string, Edit>): boolean {
    const errors: FieldProblem[] = error instanceof RequestError ? error.errors : [];
    const generator = this.link.trait("generator").peek();
    const settings = this.kernel.peek();
    const refusals = new Map(this.refusals.peek());
    const edits = new Map(this.edits.peek());
    const homeless: string[] = [];
    let blamed = 0;
    for (const { field: named, message } of errors) {
      const place = placeField(generator, named);
      if (!place) {
        homeless.push(message);
        continue;
      }
      refusals.set(place.field, { message, seen: settings && readField(settings, place.field) });
      const edit = sent.get(place.field);
      if (edit && edits.get(place.field) === edit) {
        edit.phase = "refused";
        blamed += 1;
      }
    }
    for (const edit of sent.values()) if (edit.phase === "sent") edit.phase = "new";
    batch(() => {
      this.edits.value = edits;
      this.refusals.value = refusals;
      if (!errors.length) this.say(told(error), true);
      else if (homeless.length) this.say(homeless.join(" "), true);
    });
    return blamed > 0 && [...edits.values()].some(({ phase }) => phase === "new");
  }
}
