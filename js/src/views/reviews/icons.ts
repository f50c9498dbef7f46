/** Icons of the reviews, as paths. */

export const NOTE = "M3 2.5h10v8H8l-3 3v-3H3zM5.4 5.2h5.2M5.4 7.6h3.4";
