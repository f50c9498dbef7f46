/**
 * One subshell per kernel for all our comms, so that they are answered while a cell runs, and no thread is made for each of them.
 *
 * Everything here goes over the control channel, which a kernel reads whatever it is doing.
 */

import { type Kernel, KernelMessage } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import { connected, within } from "./channel";

type ControlReply = { content: { subshell_id?: string; supported_features?: string[] } };

const ANSWER_WITHIN_MS = 10_000;
/** How long a kernel that is not busy takes at most to say what it is. */
const INTRODUCED_WITHIN_MS = 300;

/** Ask on the control channel. By hand: the methods of `kernel` refuse before it has said on its main shell what it supports. */
function ask(
  kernel: Kernel.IKernelConnection,
  msgType: string,
  content: JSONObject,
): Promise<ControlReply | undefined> {
  if (kernel.isDisposed || kernel.status === "dead") return Promise.resolve(undefined);
  try {
    const message = KernelMessage.createMessage({
      msgType: msgType as "debug_request",
      channel: "control",
      username: kernel.username,
      session: kernel.clientId,
      content: content as KernelMessage.IDebugRequestMsg["content"],
    });
    const { done } = kernel.sendControlMessage(message, true, true);
    return within(done as unknown as Promise<ControlReply>, ANSWER_WITHIN_MS);
  } catch {
    return Promise.resolve(undefined);
  }
}

async function supportsSubshells(kernel: Kernel.IKernelConnection): Promise<boolean> {
  if (kernel.supportsSubshells) return true;
  if (!(await connected(kernel))) return false;
  const introduced = kernel.info.then(
    () => kernel.supportsSubshells,
    () => false,
  );
  const said = await within(introduced, INTRODUCED_WITHIN_MS);
  if (said !== undefined) return said;
  // Its main shell is busy; the control channel is not.
  const told = ask(kernel, "kernel_info_request", {}).then(
    (reply) => reply?.content.supported_features?.includes("kernel subshells") ?? false,
  );
  return Promise.race([introduced, told]);
}

export class Subshell {
  #users = 0;
  /** Resolves to undefined where the connection went before the kernel had answered. */
  #id: Promise<string | null | undefined> | null = null;
  /** Grows when its process is no more. */
  #processes = 0;

  /** Take part in it; it is made for the first who does. Null where the kernel has no subshells. */
  take(kernel: Kernel.IKernelConnection): Promise<string | null> {
    this.#users += 1;
    const before = this.#id;
    const made = before ? before.then((id) => (id === undefined ? this.#create(kernel) : id)) : this.#create(kernel);
    this.#id = made;
    return made.then((id) => id ?? null);
  }

  /** Resolves when none is being made. */
  async settled(): Promise<void> {
    await this.#id;
  }

  /** Have done with it. It is deleted with the last who has. */
  async leave(kernel: Kernel.IKernelConnection | null): Promise<void> {
    this.#users -= 1;
    if (this.#users === 0) await this.drop(kernel);
  }

  /** Delete it, whoever takes part. */
  async drop(kernel: Kernel.IKernelConnection | null): Promise<void> {
    const id = this.#id;
    this.#id = null;
    const made = await id;
    if (made && kernel) await ask(kernel, "delete_subshell_request", { subshell_id: made });
  }

  /** The process that it was in is no more. */
  forget(): void {
    this.#id = null;
    this.#processes += 1;
  }

  async #create(kernel: Kernel.IKernelConnection): Promise<string | null | undefined> {
    const process = this.#processes;
    const supported = await supportsSubshells(kernel);
    if (process !== this.#processes) return null;
    const reply = supported ? await ask(kernel, "create_subshell_request", {}) : undefined;
    return reply?.content.subshell_id ?? (kernel.isDisposed ? undefined : null);
  }
}
