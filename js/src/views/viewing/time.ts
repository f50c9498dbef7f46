import { formatDuration } from "../../state/format";

/** Where a playhead is, as it is read out. */
export function spokenTime(time: number, duration: number): string {
  return `${formatDuration(time)} of ${formatDuration(duration)}`;
}
