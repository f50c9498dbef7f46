/**
 * A comm by hand over any connection to a kernel.
 *
 * `kernel.createComm` needs a connection that handles comms. Only one connection of a page may, and that is the one whose widgets would
 * break if another took it. A comm itself belongs to the kernel: what it says comes to every connection.
 */

import { type Kernel, KernelMessage } from "@jupyterlab/services";
import { type JSONObject, UUID } from "@lumino/coreutils";

/**
 * Why a channel ended. `interrupted`: the connection was lost and came back; what was said in between is lost, and the kernel may still
 * have the comm. `left`: the connection was given up, by the notebook it belongs to for one.
 */
export type Ending = "closed by kernel" | "restart" | "death" | "left" | "interrupted";

export interface Ears {
  /** The kernel said something. */
  message(data: JSONObject, buffers: DataView[]): void;
  /** The connection is lost. When it comes back, this ends as interrupted. */
  lost(): void;
  /** Nothing is heard any more. */
  ended(why: Ending): void;
}

type Sent = "comm_open" | "comm_msg" | "comm_close";

const CLOSED_WITHIN_MS = 5000;
const CONNECTED_WITHIN_MS = 10_000;

/** The bytes beside a message, as views show them. */
function viewOf(bytes: ArrayBuffer | ArrayBufferView): DataView {
  if (bytes instanceof ArrayBuffer) return new DataView(bytes);
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** A promise, or nothing more once `ms` have passed or it failed. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    const settle = (value: T | undefined) => {
      clearTimeout(timer);
      resolve(value);
    };
    promise.then(settle, () => settle(undefined));
  });
}

/**
 * Wait until messages reach the kernel; false when that does not happen.
 *
 * What is sent before waits in the connection until the kernel's main shell has answered, however long a cell runs there.
 */
export function connected(kernel: Kernel.IKernelConnection): Promise<boolean> {
  if (kernel.connectionStatus === "connected") return Promise.resolve(true);
  if (kernel.isDisposed) return Promise.resolve(false);
  let settle = (_: boolean) => {};
  const hear = () => {
    if (kernel.connectionStatus === "connected") settle(true);
  };
  const leave = () => settle(false);
  kernel.connectionStatusChanged.connect(hear);
  kernel.disposed.connect(leave);
  const done = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  return within(done, CONNECTED_WITHIN_MS).then((there) => {
    kernel.connectionStatusChanged.disconnect(hear);
    kernel.disposed.disconnect(leave);
    return there ?? false;
  });
}

export class Channel {
  readonly #kernel: Kernel.IKernelConnection;
  #subshell: string | null = null;
  readonly #ears: Ears;
  readonly #id = UUID.uuid4();
  /** The kernel's process, as its messages name it; null until it has said something. */
  #process: string | null = null;
  #open = false;
  #lost = false;
  #ending: Ending | "closed" | null = null;

  /** It opens as soon as the subshell is there; null where the kernel has none. */
  constructor(
    kernel: Kernel.IKernelConnection,
    subshell: Promise<string | null>,
    target: string,
    data: JSONObject,
    ears: Ears,
  ) {
    this.#kernel = kernel;
    this.#ears = ears;
    // Not `iopubMessage`, which waits until everybody else's handlers of earlier messages are done, and is left out when one of them fails.
    kernel.anyMessage.connect(this.#hear, this);
    kernel.statusChanged.connect(this.#onStatus, this);
    kernel.connectionStatusChanged.connect(this.#onConnection, this);
    kernel.disposed.connect(this.#onDisposed, this);
    void Promise.all([subshell, connected(kernel)]).then(([id]) => {
      if (this.#ending !== null) return;
      this.#subshell = id;
      this.#open = true;
      this.#send("comm_open", { target_name: target, data });
    });
  }

  /** The connection it goes over. */
  get kernel(): Kernel.IKernelConnection {
    return this.#kernel;
  }

  /** What is sent before it is open or after it has ended goes nowhere. */
  send(data: JSONObject, buffers: ArrayBufferView[] = []): void {
    if (this.#open && this.#ending === null) this.#send("comm_msg", { data }, { buffers });
  }

  /**
   * Close the comm, over this connection or another. Resolves when the kernel has dealt with it, or does not answer.
   *
   * With `inPassing` nobody waits for the kernel: the subshell may go before it has read this, so it is sent to its main shell.
   */
  async close(kernel: Kernel.IKernelConnection, { inPassing = false } = {}): Promise<void> {
    const there = this.#ending === null || this.#ending === "interrupted" || this.#ending === "left";
    this.#detach();
    this.#ending = "closed";
    if (!this.#open || !there) return;
    if (!inPassing) await connected(kernel);
    // It may have been given up meanwhile.
    if (!this.#open) return;
    const done = this.#send("comm_close", { data: {} }, { kernel, subshellId: inPassing ? null : this.#subshell });
    if (done && !inPassing) await within(done, CLOSED_WITHIN_MS);
  }

  /** The process that it led to is known to be gone: nothing is sent to whatever is there now. */
  giveUp(): void {
    this.#end("restart");
    this.#ending = "closed";
    this.#open = false;
  }

  #send(
    msgType: Sent,
    content: JSONObject,
    { kernel = this.#kernel, subshellId = this.#subshell, buffers = [] as ArrayBufferView[] } = {},
  ): Promise<unknown> | null {
    if (kernel.isDisposed || kernel.status === "dead") return null;
    const message = KernelMessage.createMessage<KernelMessage.ICommMsgMsg<"shell">>({
      msgType: msgType as "comm_msg",
      channel: "shell",
      username: kernel.username,
      session: kernel.clientId,
      subshellId,
      content: { comm_id: this.#id, ...content } as KernelMessage.ICommMsgMsg<"shell">["content"],
      buffers,
    });
    return kernel.sendShellMessage(message, false, true).done;
  }

  #hear(_: unknown, { msg, direction }: Kernel.IAnyMessageArgs): void {
    const { channel, header } = msg;
    // The server itself sends a status now and then, and is another process.
    if (direction !== "recv" || channel !== "iopub" || header.msg_type === "status") return;
    this.#process ??= header.session;
    // Who restarts a kernel tells its own connection of it, and no other.
    if (header.session !== this.#process) {
      this.#end("restart");
      return;
    }
    const { comm_id, data } = msg.content as { comm_id?: string; data?: JSONObject };
    if (comm_id !== this.#id) return;
    if (header.msg_type === "comm_msg") this.#ears.message(data ?? {}, (msg.buffers ?? []).map(viewOf));
    else if (header.msg_type === "comm_close") this.#end("closed by kernel");
  }

  #onStatus(_: unknown, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") this.#end("restart");
    else if (status === "dead") this.#end("death");
  }

  #onConnection(_: unknown, status: Kernel.ConnectionStatus): void {
    if (this.#kernel.isDisposed) return;
    // JupyterLab has stopped trying.
    if (status === "disconnected") this.#end("left");
    else if (status !== "connected") {
      // A connection that has never been there is no loss.
      if ((this.#process === null && !this.#open) || this.#lost) return;
      this.#lost = true;
      this.#ears.lost();
    } else if (this.#lost) this.#end("interrupted");
  }

  #onDisposed(): void {
    this.#end("left");
  }

  #end(why: Ending): void {
    if (this.#ending !== null) return;
    this.#detach();
    this.#ending = why;
    this.#ears.ended(why);
  }

  #detach(): void {
    this.#kernel.anyMessage.disconnect(this.#hear, this);
    this.#kernel.statusChanged.disconnect(this.#onStatus, this);
    this.#kernel.connectionStatusChanged.disconnect(this.#onConnection, this);
    this.#kernel.disposed.disconnect(this.#onDisposed, this);
  }
}
