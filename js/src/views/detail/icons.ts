/** Icons of these views only. */

export const PREVIOUS = "M10 3L5 8l5 5";
export const NEXT = "M6 3l5 5-5 5";
export const COPY = "M5.5 5.5h7.5v7.5H5.5zM3 10.5V3h7.5";
export const DOWNLOAD = "M8 2.5v7.8M4.6 7.2L8 10.6l3.4-3.4M3 13.3h10";
