/** The media of one asset, large. Its thumbnail stands in until the file is here. */

import { useSignal } from "@preact/signals";
import { formatBytes } from "../../state/format";
import type { AssetKind } from "../../state/gallery";
import type { MediaState } from "../../state/media";
import type { AssetRecord } from "../../state/wire.gen";
import { Button, Notice } from "../controls";
import { Icon } from "../icons";

interface StageProps {
  kind: AssetKind;
  record: AssetRecord | null | undefined;
  thumbnail: string | null | undefined;
  media: MediaState;
  onRetry: () => void;
}

/** Small pictures are shown larger, but not without end. */
const SMALLEST_LIMIT = 640;

interface Size {
  class: string;
  style?: Record<string, string | number>;
}

function sizeOf(record: StageProps["record"]): Size {
  if (!record?.width || !record.height) return { class: "bgw-stage-fit" };
  const scale = Math.max(1, SMALLEST_LIMIT / Math.max(record.width, record.height));
  return {
    class: "bgw-stage-fit bgw-has-size",
    style: { "--bgw-ratio": record.width / record.height, "--bgw-limit": `${record.width * scale}px` },
  };
}

function Loading({ media }: { media: MediaState }) {
  if (media.phase !== "loading") return null;
  const share = media.size ? media.loaded / media.size : 0;
  return (
    <div class="bgw-stage-loading">
      <span class="bgw-number">
        {media.size ? `${formatBytes(media.loaded)} of ${formatBytes(media.size)}` : "Loading"}
      </span>
      <div class="bgw-stage-bar" aria-hidden="true">
        <div style={{ width: `${100 * share}%` }} />
      </div>
    </div>
  );
}

function Media({ kind, record, thumbnail, media }: Omit<StageProps, "onRetry">) {
  const url = media.phase === "ready" ? media.url : undefined;
  const alt = record?.alt ?? "";
  const size = sizeOf(record);
  const drawn = useSignal(false);
  const show = () => {
    drawn.value = true;
  };
  if (kind === "audio") {
    return (
      <div class="bgw-stage-audio">
        {thumbnail ? <img src={thumbnail} alt={`Waveform of ${alt}`} /> : <Icon name="audio" />}
        {/* biome-ignore lint/a11y/useMediaCaption: what a generator made has no captions; its text is in the list beside */}
        <audio controls src={url} preload="metadata" aria-label={alt} />
      </div>
    );
  }
  if (kind === "video") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: what a generator made has no captions; its text is in the list beside
      <video
        class={size.class}
        style={size.style}
        controls
        loop
        playsInline
        src={url}
        poster={thumbnail ?? undefined}
        aria-label={alt}
      />
    );
  }
  return (
    <>
      {thumbnail && !drawn.value && (
        <img class={`${size.class} bgw-stage-blur`} style={size.style} src={thumbnail} alt="" />
      )}
      {url ? (
        <img class={`${size.class} bgw-stage-image`} style={size.style} src={url} alt={alt} onLoad={show} />
      ) : (
        !thumbnail && <Icon name="image" />
      )}
    </>
  );
}

export function Stage({ kind, record, thumbnail, media, onRetry }: StageProps) {
  return (
    <div class={`bgw-stage bgw-is-${kind}`}>
      <Media kind={kind} record={record} thumbnail={thumbnail} media={media} />
      <Loading media={media} />
      {media.phase === "failed" && (
        <div class="bgw-stage-failed">
          <Notice>
            The file could not be read: {media.message}{" "}
            <Button icon="retry" onClick={onRetry}>
              Try again
            </Button>
          </Notice>
        </div>
      )}
    </div>
  );
}
