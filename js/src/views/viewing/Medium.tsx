/** One asset, large: its picture or video to be magnified, its sound as a waveform. Its thumbnail stands in until the file is here. */

import { useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatBytes } from "../../state/format";
import type { AssetKind, GalleryModel } from "../../state/gallery";
import { type MediaState, mediaOf } from "../../state/media";
import { Button, Notice } from "../controls";
import { Icon } from "../icons";
import type { Playhead } from "./playhead";
import { useFile } from "./useFile";
import { Waveform } from "./Waveform";
import { ZoomPane } from "./ZoomPane";
import type { Zoom } from "./zoom";

interface MediumProps {
  model: GalleryModel;
  position: number;
  zoom: Zoom;
  playhead: Playhead;
  /** Whether the zoom's percentages and steps are about this one. */
  main?: boolean;
  /** To which longest side in CSS pixels a small picture is enlarged at first; the pane's size where it is left out. */
  limit?: number;
  /** The person pressed it without moving. */
  onPress?: () => void;
}

interface Size {
  width: number;
  height: number;
}

/** Until the real size is known. */
const ANY_SIZE: Size = { width: 512, height: 512 };

function Loading({ media, what }: { media: MediaState; what?: string }) {
  if (media.phase !== "loading") return null;
  const share = media.size ? media.loaded / media.size : 0;
  const amount = media.size ? `${formatBytes(media.loaded)} of ${formatBytes(media.size)}` : "Loading";
  return (
    <div class="bgw-stage-loading">
      <span class="bgw-number">
        {what}
        {amount}
      </span>
      <div class="bgw-stage-bar" aria-hidden="true">
        <div style={{ width: `${100 * share}%` }} />
      </div>
    </div>
  );
}

type PlayerProps = MediumProps & { url: string | undefined; alt: string; thumbnail: string | null | undefined };

/** Ties a player to the playhead while it is drawn. */
function usePlayer<T extends HTMLMediaElement>(playhead: Playhead, position: number, duration: number) {
  const ref = useRef<T>(null);
  useLayoutEffect(
    () => (ref.current ? playhead.add(position, ref.current, duration) : undefined),
    [playhead, position, duration],
  );
  return ref;
}

function VideoPicture(props: PlayerProps & { size: Size; duration: number }) {
  const { zoom, playhead, position, url, alt, thumbnail, size, duration, main = true, limit, onPress } = props;
  const ref = usePlayer<HTMLVideoElement>(playhead, position, duration);
  return (
    <ZoomPane
      zoom={zoom}
      {...size}
      limit={limit ?? Number.POSITIVE_INFINITY}
      main={main}
      onPress={onPress ?? (() => playhead.toggle())}
    >
      {/* biome-ignore lint/a11y/useMediaCaption: what a generator made has no captions; its text is in the list beside */}
      <video ref={ref} playsInline preload="auto" src={url} poster={thumbnail ?? undefined} aria-label={alt} />
    </ZoomPane>
  );
}

function Sound(props: PlayerProps & { media: MediaState; duration: number }) {
  const { playhead, position, url, alt, thumbnail, media, duration } = props;
  const ref = usePlayer<HTMLAudioElement>(playhead, position, duration);
  return (
    <div class="bgw-stage-audio">
      <Waveform
        file={media.phase === "ready" ? media.blob : null}
        thumbnail={thumbnail}
        alt={alt}
        duration={duration}
        playhead={playhead}
      />
      {/* biome-ignore lint/a11y/useMediaCaption: what a generator made has no captions; its text is in the list beside */}
      <audio ref={ref} src={url} preload="auto" />
    </div>
  );
}

/** An image; where it is magnified beyond what came for the whole view, the file itself comes too. */
function Picture(props: MediumProps & { size: Size | null; media: MediaState; alt: string; fileSize: number }) {
  const { model, position, zoom, media, alt, fileSize, main = true, limit } = props;
  const thumbnail = model.thumbnails.get(position);
  const drawn = useSignal(false);
  const broken = useSignal(false);
  /** The pixels of what is drawn, which may be fewer than those of the file. */
  const natural = useSignal<Size | null>(null);
  /** Once it was wanted it stays. */
  const once = useRef(false);
  const isCopy = media.phase === "ready" && fileSize > 0 && media.size !== fileSize;
  // A file may say that it is to be turned.
  const turned =
    props.size && natural.value && props.size.width > props.size.height !== natural.value.width > natural.value.height;
  const size = (turned ? natural.value : props.size) ?? natural.value ?? ANY_SIZE;
  const isClose = useComputed(() => {
    const level = zoom.level.value;
    if (level === null || zoom.fits.value || !natural.value || !props.size) return false;
    return (level * props.size.width) / natural.value.width >= 0.999;
  }).value;
  once.current ||= isCopy && isClose && !broken.value;
  const whole = useFile(mediaOf(model), position, { original: true, wanted: once.current });
  const copy = media.phase === "ready" ? media.url : media.phase === "absent" ? (thumbnail ?? undefined) : undefined;
  const url = whole.phase === "ready" && !broken.value ? whole.url : copy;
  const unread = { failed: "The file itself could not be read.", absent: "The file itself is not here." };
  return (
    <>
      <ZoomPane zoom={zoom} {...size} limit={limit ?? Number.POSITIVE_INFINITY} main={main}>
        {thumbnail && !drawn.value && <img class="bgw-stage-blur" src={thumbnail} alt="" draggable={false} />}
        {url && (
          <img
            class="bgw-stage-image"
            src={url}
            alt={alt}
            draggable={false}
            onLoad={({ currentTarget: image }) => {
              drawn.value = true;
              if (whole.phase !== "ready") natural.value = { width: image.naturalWidth, height: image.naturalHeight };
            }}
            onError={() => {
              // The browser can't show every file: what the kernel made for it stays.
              if (whole.phase === "ready") broken.value = true;
            }}
          />
        )}
      </ZoomPane>
      {!url && !thumbnail && <Icon name="image" />}
      {once.current && !broken.value && <Loading media={whole} what="Full size: " />}
      {(broken.value || "message" in whole) && natural.value && (
        <p class="bgw-stage-note">
          {"message" in whole ? unread[whole.phase] : "This browser can’t show the file itself."} This is a copy of{" "}
          {natural.value.width} × {natural.value.height}.
        </p>
      )}
    </>
  );
}

export function Medium(props: MediumProps) {
  const { model, position } = props;
  const files = mediaOf(model);
  const media = useFile(files, position);
  const record = model.records.get(position);
  const kind: AssetKind = model.kind(position);
  const size = record?.width && record.height ? { width: record.width, height: record.height } : null;
  const alt = record?.alt ?? "";
  const duration = record?.duration ?? 0;
  const shared = {
    ...props,
    alt,
    url: media.phase === "ready" ? media.url : undefined,
    thumbnail: model.thumbnails.get(position),
  };
  return (
    <div class={`bgw-stage bgw-is-${kind}`}>
      {kind === "audio" && <Sound {...shared} media={media} duration={duration} />}
      {kind === "video" && <VideoPicture {...shared} size={size ?? ANY_SIZE} duration={duration} />}
      {kind === "image" && <Picture {...props} size={size} media={media} alt={alt} fileSize={record?.file_size ?? 0} />}
      <Loading media={media} />
      {media.phase === "absent" && <p class="bgw-stage-note">{media.message}</p>}
      {media.phase === "failed" && (
        <div class="bgw-stage-failed">
          <Notice>
            The file could not be read: {media.message}{" "}
            <Button icon="retry" onClick={() => files.retry(position)}>
              Try again
            </Button>
          </Notice>
        </div>
      )}
    </div>
  );
}
