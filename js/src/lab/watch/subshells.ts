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

async function create(kernel: Kernel.IKernelConnection): Promise<string | null> {
  if (!(await supportsSubshells(kernel))) return null;
  const reply = await ask(kernel, "create_subshell_request", {});
  return reply?.content.subshell_id ?? null;
}

export class Subshell {
  #users = 0;
  #id: Promise<string | null> | null = null;

  /** Take part in it; it is made for the first who does. Null where the kernel has no subshells. */
  take(kernel: Kernel.IKernelConnection): Promise<string | null> {
    this.#users += 1;
    this.#id ??= create(kernel);
    return this.#id;
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
  }
}
