/** Our line to one kernel: over the connection of an open notebook where there is one, else over one of our own. */

import type { Kernel } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import { Channel, type Ears, type Ending } from "./channel";
import type { OpenKernels } from "./openKernels";
import { Subshell } from "./subshells";

/** A channel of a line. `close` must be called in any case, also when it has ended. */
export interface Call {
  readonly kernel: Kernel.IKernelConnection;
  send(data: JSONObject): void;
  close(): void;
}

export class Line {
  readonly #kernels: Kernel.IManager;
  readonly #openKernels: OpenKernels;
  readonly #model: Kernel.IModel;
  readonly #subshell = new Subshell();
  readonly #channels = new Set<Channel>();
  #own: Kernel.IKernelConnection | null = null;

  constructor(kernels: Kernel.IManager, openKernels: OpenKernels, model: Kernel.IModel) {
    this.#kernels = kernels;
    this.#openKernels = openKernels;
    this.#model = model;
  }

  call(target: string, data: JSONObject, ears: Ears): Call {
    const kernel = this.#connection();
    const ended = (why: Ending) => {
      // The subshell has gone with the kernel's process.
      if (why === "restart" || why === "death") this.#subshell.forget();
      ears.ended(why);
    };
    const channel = new Channel(kernel, this.#subshell.take(kernel), target, data, { ...ears, ended });
    this.#channels.add(channel);
    return {
      kernel,
      send: (message) => channel.send(message),
      close: () => void this.#close(channel),
    };
  }

  /** The connection that a call goes over now; null where one would have to be made. */
  get preferred(): Kernel.IKernelConnection | null {
    return this.#usable(this.#openKernels.connection(this.#model.id)) ?? this.#usable(this.#own);
  }

  /** The kernel's process is known to be gone. */
  giveUp(): void {
    this.#subshell.forget();
    for (const channel of this.#channels) channel.giveUp();
  }

  /** The page is being left: say so to the kernel while there is time, and wait for nothing. */
  leave(): void {
    for (const channel of this.#channels) {
      void channel.close(this.preferred ?? channel.kernel, { inPassing: true });
    }
    this.#channels.clear();
    void this.#subshell.drop(this.preferred);
  }

  #usable(kernel: Kernel.IKernelConnection | null): Kernel.IKernelConnection | null {
    if (!kernel || kernel.isDisposed || kernel.status === "dead") return null;
    return kernel.connectionStatus === "disconnected" ? null : kernel;
  }

  #connection(): Kernel.IKernelConnection {
    const found = this.preferred;
    if (found) return found;
    this.#own?.dispose();
    this.#own = this.#kernels.connectTo({ model: this.#model, handleComms: false });
    return this.#own;
  }

  async #close(channel: Channel): Promise<void> {
    if (!this.#channels.has(channel)) return;
    await channel.close(this.preferred ?? channel.kernel);
    // Until here the channel counts, so that a call that follows at once finds the connection and the subshell.
    if (!this.#channels.delete(channel)) return;
    await this.#subshell.leave(this.preferred);
    // What answers for a subshell in the making must reach us, or nobody would ever delete it.
    await this.#subshell.settled();
    const own = this.#own;
    if (!own || [...this.#channels].some(({ kernel }) => kernel === own)) return;
    this.#own = null;
    own.dispose();
  }
}
