/**
 * Line icons on a 16-pixel grid, drawn for this project. They are decoration: the control around them carries the name.
 *
 * Here are those of the first paint; a part brings its own, as paths.
 */

const PATHS = {
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5 3v10M11 3v10",
  stop: "M3.5 3.5h9v9h-9z",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  check: "M3 8.5l3.2 3.2L13 4.8",
  alert: "M8 2.2l6.3 11.3H1.7zM8 6.4v3.4M8 11.6v.2",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3.2H10",
  star: "M8 1.9l1.9 3.9 4.2.6-3 3 .7 4.2L8 11.6l-3.8 2 .7-4.2-3-3 4.2-.6z",
  discard: "M2.6 8a5.4 5.4 0 1 0 10.8 0A5.4 5.4 0 1 0 2.6 8M4.3 4.3l7.4 7.4",
  undo: "M6 3.2L2.8 6.4 6 9.6M3 6.4h6.2a3.6 3.6 0 0 1 0 7.2H6",
  down: "M8 3v9.8M3.8 8.8L8 13l4.2-4.2",
  chevron: "M4 6l4 4 4-4",
  dice: "M3 3h10v10H3zM5.7 5.7h.1M10.2 5.7h.1M8 8h.1M5.7 10.2h.1M10.2 10.2h.1",
  image: "M2 3h12v10H2zM2 11l3.5-3.5 3 3 2-2L14 12M10.8 5.8h.1",
  video: "M2 4h8.5v8H2zM10.5 7l3.5-2v6l-3.5-2",
  audio: "M2 6.5v3M5 4v8M8 2.5v11M11 5v6M14 6.8v2.4",
  clock: "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 1 0 8 2.4M8 5v3.2l2.2 1.4",
  queue: "M2.5 4h11M2.5 8h11M2.5 12h7",
  bolt: "M9 1.8L3.5 9H8l-1 5.2L12.5 7H8z",
  arc: "M8 2.4A5.6 5.6 0 1 1 2.4 8",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.6 4h.1M2.6 8h.1M2.6 12h.1",
  tilesSmall: "M2.5 2.5h11v11h-11zM6.2 2.5v11M9.8 2.5v11M2.5 6.2h11M2.5 9.8h11",
  tilesLarge: "M2.5 2.5h4.8v4.8H2.5zM8.7 2.5h4.8v4.8H8.7zM2.5 8.7h4.8v4.8H2.5zM8.7 8.7h4.8v4.8H8.7z",
  search: "M7 2.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8M10.2 10.2l3.4 3.4",
  filter: "M2.2 3.4h11.6L9.4 8.6v4.6l-2.8-1.5V8.6z",
  up: "M8 13V3.2M3.8 7.2L8 3l4.2 4.2",
  more: "M3.4 8h.1M8 8h.1M12.6 8h.1",
  tune: "M2.5 5h6M12 5h1.5M2.5 11H4M7.5 11h6M8.5 3.4v3.2M7.5 9.4v3.2",
  review: "M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8M8 6.4v3.2M6.4 8h3.2",
  compare: "M2.5 3h4.6v10H2.5zM8.9 3h4.6v10H8.9z",
  trash: "M2.8 4.4h10.4M6 4.4V2.6h4v1.8M4 4.4l.7 9h6.6l.7-9",
  unmark: "M3 8h10",
  all: "M2.5 5.5v8h8M5.5 2.5h8v8h-8zM7.4 6.4l1.6 1.6 2.6-3",
  next: "M2.5 8h9M8.2 4.2L12 8l-3.8 3.8",
} as const;

type Known = keyof typeof PATHS;

/** An icon by name, or its path. */
export type IconName = Known | `M${string}`;

export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg
      class="bgw-icon"
      viewBox="0 0 16 16"
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name as Known] ?? name} />
    </svg>
  );
}
