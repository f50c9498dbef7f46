import { type KernelLink, RequestError } from "../../state/link";

/** For controls that load parts: in JupyterLab these come with the extension, and no kernel is asked. */
export const NO_KERNEL: KernelLink = {
  trait(key) {
    throw new Error(`The panel has no trait ${key}.`);
  },
  request: () => Promise.reject(new RequestError("NoKernel", "The panel itself belongs to no kernel.")),
};
