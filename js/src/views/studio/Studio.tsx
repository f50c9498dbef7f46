/** The whole thing in one cell: configure, watch, curate. */

import { useEffect, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import { ConfigPanel } from "../config/ConfigPanel";
import { GalleryView } from "../gallery/GalleryView";
import { ProgressDisplay } from "../progress/ProgressDisplay";

export function Studio({ link }: { link: KernelLink }) {
  const side = useRef<HTMLDivElement>(null);
  // A panel taller than the window sticks by its lower edge, so that Generate can always be reached.
  useEffect(() => {
    const element = side.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      element.style.setProperty("--bgw-side-height", `${element.offsetHeight}px`);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div class="bgw-studio">
      <div class="bgw-studio-side" ref={side}>
        <ConfigPanel link={link} />
      </div>
      <div class="bgw-studio-main">
        <ProgressDisplay link={link} />
        <GalleryView link={link} />
      </div>
    </div>
  );
}
