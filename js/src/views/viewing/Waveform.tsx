/** A sound as it looks, with the playhead on it. */

import { useSignal } from "@preact/signals";
import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { outline, type Peaks, readPeaks } from "./peaks";
import type { Playhead } from "./playhead";
import { spokenTime } from "./time";

interface WaveformProps {
  file: Blob | null;
  /** Stands in until the file is decoded, and where it can't be. */
  thumbnail: string | null | undefined;
  alt: string;
  /** Of this sound; where another one is longer, this one takes up less of the width. */
  duration: number;
  playhead: Playhead;
}

const BACK_AND_ON: Record<string, number> = {
  ArrowLeft: -0.02,
  ArrowDown: -0.02,
  ArrowRight: 0.02,
  ArrowUp: 0.02,
};

interface ShapeProps {
  path: string;
  columns: number;
  /** The share of the whole width that it takes up. */
  width: number;
}

function Shape({ path, columns, width }: ShapeProps) {
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${2 * columns} 2`}
      preserveAspectRatio="none"
      style={{ width: `${100 * width}%` }}
    >
      <path d={path} />
    </svg>
  );
}

export function Waveform({ file, thumbnail, alt, duration, playhead }: WaveformProps) {
  const peaks = useSignal<Peaks | null>(null);
  useEffect(() => {
    let left = false;
    peaks.value = null;
    if (file) {
      void readPeaks(file, duration || null).then((found) => {
        if (!left) peaks.value = found;
      });
    }
    return () => {
      left = true;
    };
  }, [file]);
  const path = useMemo(() => peaks.value && outline(peaks.value), [peaks.value]);
  const columns = (peaks.value?.length ?? 2) / 2;
  const longest = playhead.duration.value || duration || 1;
  const share = duration ? Math.min(1, duration / longest) : 1;
  const at = playhead.time.value / longest;

  const seekTo = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    playhead.seek(((event.clientX - left) / width) * longest);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const by = BACK_AND_ON[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Home") playhead.seek(0);
    else if (event.key === "End") playhead.seek(longest);
    else if (by) playhead.seek(playhead.time.peek() + by * longest * (event.shiftKey ? 5 : 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="bgw-waveform"
      role="slider"
      tabIndex={0}
      aria-label={`Waveform of ${alt}`}
      aria-valuemin={0}
      aria-valuemax={Number(longest.toFixed(2))}
      aria-valuenow={Number(playhead.time.value.toFixed(2))}
      aria-valuetext={spokenTime(playhead.time.value, longest)}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event);
      }}
    >
      {path ? (
        <>
          <Shape path={path} columns={columns} width={share} />
          <div class="bgw-waveform-played" style={{ clipPath: `inset(0 ${100 - 100 * at}% 0 0)` }}>
            <Shape path={path} columns={columns} width={share} />
          </div>
        </>
      ) : (
        thumbnail && <img src={thumbnail} alt="" style={{ width: `${100 * share}%` }} />
      )}
      <span class="bgw-waveform-head" style={{ left: `${100 * at}%` }} />
    </div>
  );
}
