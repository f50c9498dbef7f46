/** Icons of the views that show media large. */

export const PLUS = "M8 3.5v9M3.5 8h9";
export const MINUS = "M3.5 8h9";
export const FIT = "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10";
export const LOOP =
  "M3 7.2A3.7 3.7 0 0 1 6.7 3.5h5.6M10.3 1.5l2 2-2 2M13 8.8a3.7 3.7 0 0 1-3.7 3.7H3.7M5.7 14.5l-2-2 2-2";
export const FRAME_BACK = "M11.8 3.5v9L5.6 8zM3.8 3.5v9";
export const FRAME_ON = "M4.2 3.5v9L10.4 8zM12.2 3.5v9";
export const SOUND = "M2.5 6.3v3.4h2.2L8 12.6V3.4L4.7 6.3zM10.4 6a2.9 2.9 0 0 1 0 4M12.2 4.2a5.4 5.4 0 0 1 0 7.6";
export const SILENT = "M2.5 6.3v3.4h2.2L8 12.6V3.4L4.7 6.3zM10.6 6.2l3.4 3.6M14 6.2l-3.4 3.6";
