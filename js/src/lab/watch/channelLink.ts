/** A link over a channel: traits and requests as a widget has them, without a widget. */

import type { Kernel } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Correspondence, correspond, type RequestTable, type Traits } from "../../state/link";
import type { GoneMessage, Requests, TraitsMessage } from "../../state/wire.gen";
import type { Ending } from "./channel";
import type { Call, Line } from "./line";

/** What happens to a link. */
export interface Fate {
  /** Its traits are here. */
  live(): void;
  /** Its connection is lost, so that nobody knows. */
  lost(): void;
  /** It has ended, and why in words: in those of the kernel if it gave any. It must be closed where the kernel may still have it. */
  ended(why: Ending, message: string): void;
}

const ENDED: { [E in Ending]: string } = {
  "closed by kernel": "The kernel has closed this view.",
  restart: "The kernel was restarted.",
  death: "The kernel has stopped.",
  left: "The connection to the kernel was closed. Try again.",
  interrupted: "The connection to the kernel was interrupted. Try again.",
};

export class ChannelLink<Values = Traits, Table extends RequestTable<Table> = Requests> {
  readonly request: Correspondence<Table>["request"];
  readonly #correspondence: Correspondence<Table>;
  readonly #traits = new Map<string, Signal<unknown>>();
  readonly #call: Call;
  #live = false;
  #over = false;
  #gone: string | null = null;

  constructor(line: Line, target: string, order: object, fate: Fate) {
    this.#correspondence = correspond<Table>((message) => this.#call.send(message as unknown as JSONObject));
    this.request = this.#correspondence.request;
    this.#call = line.call(target, order as JSONObject, {
      message: (data, buffers) => {
        const { kind } = data as { kind?: unknown };
        if (kind === "traits") {
          this.#take(data as unknown as TraitsMessage, buffers);
          if (this.#live) return;
          this.#live = true;
          fate.live();
        } else if (kind === "gone") this.#gone = (data as unknown as GoneMessage).message;
        else this.#correspondence.hear(data, buffers);
      },
      lost: fate.lost,
      ended: (why) => {
        const message = this.#gone ?? ENDED[why];
        // The kernel may still have the comm: whoever finds out closes it, over the connection that there is then.
        if (why === "interrupted" || why === "left") this.#correspondence.close(message);
        else this.close(message);
        fate.ended(why, message);
      },
    });
  }

  /** The connection that it goes over. */
  get kernel(): Kernel.IKernelConnection {
    return this.#call.kernel;
  }

  /** A trait, null until the kernel has said what it is. */
  trait<K extends keyof Values>(key: K): ReadonlySignal<Values[K]> {
    return this.#signal(key as string) as ReadonlySignal<unknown> as ReadonlySignal<Values[K]>;
  }

  close(why = "The view was closed."): void {
    if (this.#over) return;
    this.#over = true;
    this.#correspondence.close(why);
    this.#call.close();
  }

  #signal(name: string): Signal<unknown> {
    let found = this.#traits.get(name);
    if (!found) {
      found = signal<unknown>(null);
      this.#traits.set(name, found);
    }
    return found;
  }

  #take({ values, buffers: names }: TraitsMessage, buffers: DataView[]): void {
    batch(() => {
      for (const [name, value] of Object.entries(values)) this.#signal(name).value = value;
      names.forEach((name, i) => {
        this.#signal(name).value = buffers[i];
      });
    });
  }
}
