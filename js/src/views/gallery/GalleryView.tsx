/** The gallery: every result of a source, and the curator's choice among them. */

import { useSignal } from "@preact/signals";
import type { KernelLink } from "../../state/link";
import { Empty } from "../controls";
import { SourceGallery } from "./SourceGallery";
import type { View } from "./Toolbar";

export function GalleryView({ link }: { link: KernelLink }) {
  const { source } = link.trait("gallery").value;
  const view = useSignal<View>("grid");
  const size = useSignal<number | null>(null);
  const filtering = useSignal(false);
  return (
    <section class="bgw-panel bgw-gallery" aria-label="Gallery">
      {source ? (
        <SourceGallery key={source} link={link} source={source} state={{ view, size, filtering }} />
      ) : (
        <>
          <div class="bgw-panel-head">
            <h3 class="bgw-title">Gallery</h3>
          </div>
          <Empty icon="image" title="No results yet">
            Start a batch, and its images, videos and sounds appear here as they finish.
          </Empty>
        </>
      )}
    </section>
  );
}
