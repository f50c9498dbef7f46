/** What the gallery's menu offers beside its own actions: each a dialog of a part that loads late. */

import type { FunctionComponent } from "preact";
import { cleanup, history, lineage, reviews, share } from "../../parts";
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
  /** Asked for when it is opened: what a part takes from the bundle may be made after this list. */
  part: () => Part<{ Dialog: FunctionComponent<ToolProps> } & PartExports>;
}

export const TOOLS: readonly Tool[] = [
  { name: "history", label: "History…", hint: "All batches of the project", what: "the history", part: () => history },
  { name: "lineage", label: "Lineage…", hint: "What a result was made from", what: "the lineage", part: () => lineage },
  {
    name: "cleanup",
    label: "Clean up…",
    hint: "Keep only favorites, or look into the trash",
    what: "the trash",
    part: () => cleanup,
  },
  { name: "share", label: "Share…", hint: "Export, page to review, code", what: "sharing", part: () => share },
  { name: "reviews", label: "Reviews…", hint: "What others think", what: "the reviews", part: () => reviews },
];
