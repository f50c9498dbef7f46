import type { Kernel } from "@jupyterlab/services";
import type { ISignal } from "@lumino/signaling";

/** The connections that open notebooks have anyway: what they carry costs nothing more. */
export interface OpenKernels {
  /** The connection of an open notebook to this kernel; null where no notebook is open on it. */
  connection(kernelId: string): Kernel.IKernelConnection | null;
  /** A notebook was opened or closed, or changed its kernel. */
  readonly changed: ISignal<unknown, void>;
}
