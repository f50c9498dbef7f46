/** One result, as large as there is room. Its thumbnail stands in until the file is here. */

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { formatBytes } from "../../state/format";
import type { GalleryModel } from "../../state/gallery";
import type { MediaState } from "../../state/media";
import { Button, Notice } from "../controls";
import { Icon } from "../icons";

interface StageProps {
  model: GalleryModel;
  position: number;
  media: MediaState;
  /** The player, where there is one. */
  player: RefObject<HTMLMediaElement | null>;
  onRetry: () => void;
}

/** Small pictures are shown larger, but not without end. */
const SMALLEST_LIMIT = 768;

/** Whether the person wants things to stand still. */
function isCalm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function sizeOf(width: number | null | undefined, height: number | null | undefined) {
  if (!width || !height) return { class: "bgw-review-media" };
  const limit = Math.max(width, (SMALLEST_LIMIT * width) / Math.max(width, height));
  return {
    class: "bgw-review-media bgw-has-size",
    style: { "--bgw-ratio": width / height, "--bgw-limit": `${limit}px` },
  };
}

function Media({ model, position, media, player }: Omit<StageProps, "onRetry">) {
  const kind = model.kind(position);
  const record = model.records.get(position);
  const thumbnail = model.thumbnails.get(position);
  const url = media.phase === "ready" ? media.url : undefined;
  const alt = record?.alt ?? "";
  const size = sizeOf(record?.width, record?.height);
  const drawn = useSignal(false);
  const show = () => {
    drawn.value = true;
  };
  if (kind === "audio") {
    return (
      <div class="bgw-review-audio">
        {thumbnail ? <img src={thumbnail} alt={`Waveform of ${alt}`} /> : <Icon name="audio" />}
        {media.phase !== "absent" && (
          // biome-ignore lint/a11y/useMediaCaption: what a generator made has no captions
          <audio ref={player as RefObject<HTMLAudioElement>} controls src={url} preload="auto" aria-label={alt} />
        )}
      </div>
    );
  }
  if (kind === "video") {
    return (
      <video
        {...size}
        ref={player as RefObject<HTMLVideoElement>}
        muted
        loop
        playsInline
        autoPlay={!isCalm()}
        controls={isCalm()}
        src={url}
        poster={thumbnail ?? undefined}
        aria-label={alt}
      />
    );
  }
  return (
    <>
      {thumbnail && !drawn.value && <img {...size} src={thumbnail} alt="" draggable={false} />}
      {url ? (
        // Decoded in the same frame: what was fetched ahead appears without a flash.
        <img {...size} src={url} alt={alt} decoding="sync" draggable={false} onLoad={show} />
      ) : (
        !thumbnail && <Icon name="image" />
      )}
    </>
  );
}

export function ReviewStage(props: StageProps) {
  const { media, onRetry } = props;
  return (
    <>
      <Media {...props} />
      {media.phase === "loading" && media.size !== null && media.size > 2_000_000 && (
        <span class="bgw-review-loading bgw-number">
          {formatBytes(media.loaded)} of {formatBytes(media.size)}
        </span>
      )}
      {media.phase === "absent" && <span class="bgw-review-loading">{media.message}</span>}
      {media.phase === "failed" && (
        <div class="bgw-review-failed">
          <Notice>
            The file could not be read: {media.message}{" "}
            <Button icon="retry" onClick={onRetry}>
              Try again
            </Button>
          </Notice>
        </div>
      )}
    </>
  );
}
