/** Icons of these views only. */

export const PLUS = "M8 3v10M3 8h10";
export const UP = "M8 13V3.2M3.8 7.2L8 3l4.2 4.2";
