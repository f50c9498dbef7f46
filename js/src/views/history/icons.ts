export const BACK = "M13.5 8H4M7.8 4.2L4 8l3.8 3.8";
export const RESUME = "M5.5 3.2v9.6L12.5 8zM3 3.2v9.6";
export const APPLY = "M2.5 8h7.5M6.8 4.6L10.2 8l-3.4 3.4M13.5 3v10";
