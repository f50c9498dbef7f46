/** Play, pause, seek, loop, speed and sound of a playhead. */

import { IconButton } from "../controls";
import { FRAME_BACK, FRAME_ON, LOOP, SILENT, SOUND } from "./icons";
import { type Playhead, SPEEDS } from "./playhead";
import { spokenTime } from "./time";

/** "0:03.4", "12:07.0" */
function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1);
  return `${minutes}:${rest.padStart(4, "0")}`;
}

export function Transport({ playhead }: { playhead: Playhead }) {
  const { time, duration, playing, loop, speed, muted } = playhead;
  const share = duration.value ? time.value / duration.value : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="bgw-transport" role="group" aria-label="Playback">
      <IconButton
        icon={playing.value ? "pause" : "play"}
        label={playing.value ? "Pause" : "Play"}
        filled={!playing.value}
        onClick={() => playhead.toggle()}
      />
      {playhead.hasVideo.value && (
        <>
          <IconButton
            icon={FRAME_BACK}
            class="bgw-transport-frame"
            label="One frame back"
            onClick={() => void playhead.step(-1)}
          />
          <IconButton
            icon={FRAME_ON}
            class="bgw-transport-frame"
            label="One frame on"
            onClick={() => void playhead.step(1)}
          />
        </>
      )}
      <input
        class="bgw-slider"
        type="range"
        aria-label="Time"
        style={{ "--bgw-fill": `${100 * share}%` }}
        min={0}
        max={Math.max(0.01, duration.value)}
        step="any"
        value={time.value}
        aria-valuetext={spokenTime(time.value, duration.value)}
        onInput={(event) => playhead.seek(event.currentTarget.valueAsNumber)}
      />
      <span class="bgw-number bgw-small bgw-muted bgw-transport-time">
        {clock(time.value)} / {clock(duration.value)}
      </span>
      <IconButton
        icon={LOOP}
        label="Loop"
        pressed={loop.value}
        onClick={() => {
          loop.value = !loop.peek();
        }}
      />
      <IconButton
        icon={muted.value ? SILENT : SOUND}
        label="Mute"
        pressed={muted.value}
        onClick={() => {
          muted.value = !muted.peek();
        }}
      />
      <select
        class="bgw-input bgw-select bgw-transport-speed"
        aria-label="Speed"
        value={speed.value}
        onChange={(event) => {
          speed.value = Number(event.currentTarget.value);
        }}
      >
        {SPEEDS.map((value) => (
          <option key={value} value={value}>
            {value}×
          </option>
        ))}
      </select>
    </div>
  );
}
