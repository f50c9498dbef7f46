/** The gallery: every result of a source, and the curator's choice among them. */

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { held as heldPart, history } from "../../parts";
import type { KernelLink } from "../../state/link";
import { Button, Empty } from "../controls";
import { useKeptFocus } from "../focus";
import { Late } from "../late";
import { SourceGallery } from "./SourceGallery";
import type { View } from "./Toolbar";

export function GalleryView({ link }: { link: KernelLink }) {
  const { source, held, offers, read_only: readOnly } = link.trait("gallery").value;
  const section = useRef<HTMLElement>(null);
  const view = useSignal<View>("grid");
  const size = useSignal<number | null>(null);
  const filtering = useSignal(false);
  const searching = useSignal(false);
  // Another batch takes the place of all that is here, also of the button that asked for it.
  useKeptFocus(section, () => section.current?.focus({ preventScroll: true }));
  const leaveHistory = () => {
    searching.value = false;
    section.current?.querySelector<HTMLElement>(".bgw-empty-action")?.focus();
  };
  return (
    <section class="bgw-panel bgw-gallery" aria-label="Gallery" ref={section} tabIndex={-1}>
      {held && !readOnly && (
        <div class="bgw-held">
          <Late part={heldPart} link={link} what="the way back">
            {({ HeldBar }) => <HeldBar link={link} held={held} />}
          </Late>
        </div>
      )}
      {source ? (
        <SourceGallery key={source} link={link} source={source} state={{ view, size, filtering }} />
      ) : (
        <>
          <div class="bgw-panel-head">
            <h3 class="bgw-title">Gallery</h3>
          </div>
          <Empty icon="image" title="No results yet">
            Start a batch, and its images, videos and sounds appear here as they finish.
            {offers.includes("history") && (
              <Button
                class="bgw-empty-action"
                onClick={() => {
                  searching.value = true;
                }}
              >
                Show an earlier batch…
              </Button>
            )}
          </Empty>
        </>
      )}
      {searching.value && (
        <Late part={history} link={link} what="the history" onClose={leaveHistory}>
          {({ Dialog }) => <Dialog link={link} onClose={leaveHistory} />}
        </Late>
      )}
    </section>
  );
}
