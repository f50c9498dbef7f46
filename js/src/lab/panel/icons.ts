/** Icons of the panel only. */

export const CELL = "M2.5 3.5h11v9h-11zM5 6.3l1.8 1.7L5 9.7M8.6 9.9h2.6";
export const FOLDER = "M2 4h4.2l1.4 1.6H14V12.6H2z";
export const NOTEBOOK = "M3.5 2.5h9.3v11H3.5zM6.3 2.5v11M1.9 5.2h2.4M1.9 8h2.4M1.9 10.8h2.4";
export const LINEAGE =
  "M4 2.6a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3M12 6.5a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3M4 10.4a1.5 1.5 0 1 0 0 3a1.5 1.5 0 1 0 0-3M4 5.7v4.6M4 8h6.4";
export const PLUS = "M8 3v10M3 8h10";
