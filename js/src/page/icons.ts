/** Icons of the page alone, as paths. */

export const SAVE = "M8 2.5v7.2M4.8 6.6L8 9.8l3.2-3.2M3 12.8h10";
export const OPEN = "M2.2 12.8V3.6h4l1.4 1.6h6.2v7.6z";
