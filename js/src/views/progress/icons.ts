/** Icons of these views only. */

export const GRIP = "M6 3.5h.1M10 3.5h.1M6 8h.1M10 8h.1M6 12.5h.1M10 12.5h.1";
export const TO_FRONT = "M3.5 2.8h9M8 13.5V6M4.5 9.2L8 5.7l3.5 3.5";
export const EDIT = "M3 13l.8-3.1 6.9-6.9 2.3 2.3-6.9 6.9zM9.2 4.5l2.3 2.3";
