/** What whoever mounts the views adds above the facts of an asset. */

import type { FunctionComponent } from "preact";
import type { GalleryModel } from "../../state/gallery";
import type { AssetRecord } from "../../state/wire.gen";

export interface ExtraProps {
  model: GalleryModel;
  record: AssetRecord;
}

export const EXTRAS: FunctionComponent<ExtraProps>[] = [];
