/** Numbers in words for people. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function formatCount(value: number, noun?: string): string {
  const number = WHOLE.format(value);
  return noun ? `${number} ${noun}${value === 1 ? "" : "s"}` : number;
}

/** 0.4 -> "0.4 s", 12 -> "12 s", 75 -> "1 min 15 s", 3700 -> "1 h 2 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

/** 950 -> "950 B", 12_400 -> "12 kB", 1_400_000 -> "1.4 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : WHOLE.format(value)} ${units[unit]}`;
}

/** A parameter's value as text: floats without noise, nothing for null. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}

/** Like `formatDuration`, in whole seconds: for a time that ticks. */
export function formatElapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 10 ? `${whole} s` : formatDuration(whole);
}
