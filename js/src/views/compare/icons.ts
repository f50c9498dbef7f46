/** Icons of these views only. */

export const SWAP = "M3 5.5h9M9.5 3L12 5.5 9.5 8M13 10.5H4M6.5 8L4 10.5 6.5 13";
export const FIRST = "M3.5 3v10M13 8H6.5M9.5 5l-3 3 3 3";
export const DIVIDER = "M5.5 5L2.5 8l3 3M10.5 5l3 3-3 3";
