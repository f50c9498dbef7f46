/** Icons of these views only. */

export const PREVIOUS = "M10 3L5 8l5 5";
export const NEXT = "M6 3l5 5-5 5";
export const COPY = "M5.5 5.5h7.5v7.5H5.5zM3 10.5V3h7.5";
export const DOWNLOAD = "M8 2.5v7.8M4.6 7.2L8 10.6l3.4-3.4M3 13.3h10";
export const APPLY = "M13 3v4.5a2 2 0 0 1-2 2H3.5M6.5 6.2L3.2 9.5l3.3 3.3";
export const PARENT = "M4 2.5v6a3 3 0 0 0 3 3h5.5M9.8 8.8l2.7 2.7-2.7 2.7";
