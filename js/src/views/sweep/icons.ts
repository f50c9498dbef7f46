/** Icons of this view only. */

export const PREVIOUS = "M10 3L5 8l5 5";
export const NEXT = "M6 3l5 5-5 5";
export const TABLE = "M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.9h11M6.2 2.5v11M9.9 2.5v11";
export const DASH = "M5 8h6";
export const FUNNEL = "M2.5 3h11L9.4 8v4.4L6.6 13.6V8z";
