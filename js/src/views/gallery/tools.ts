/** What the gallery's menu offers beside its own actions: each a dialog of a part that loads late. */

import type { FunctionComponent } from "preact";
import type { GalleryModel } from "../../state/gallery";
import type { KernelLink } from "../../state/link";
import type { Part, PartExports } from "../../state/parts";

export interface ToolProps {
  model: GalleryModel;
  link: KernelLink;
  onClose: () => void;
}

export interface Tool {
  /** As in `offers` of the gallery: whoever answers there may not have it. */
  name: string;
  label: string;
  hint?: string;
  /** What is on its way, as in "the history". */
  what: string;
  part: Part<{ Dialog: FunctionComponent<ToolProps> } & PartExports>;
}

export const TOOLS: readonly Tool[] = [];
