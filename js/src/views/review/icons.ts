/** Icons of this view only. */

export const BACK = "M8 13V3M3.8 7.2L8 3l4.2 4.2";
export const COMPARE = "M2.5 3h4.5v10H2.5zM9 3h4.5v10H9z";
