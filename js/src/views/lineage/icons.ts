export const BACK = "M13.5 8H4M7.8 4.2L4 8l3.8 3.8";
export const CENTRE = "M8 2v3.4M8 10.6V14M2 8h3.4M10.6 8H14M8 6.6a1.4 1.4 0 1 0 0 2.8a1.4 1.4 0 1 0 0-2.8";
export const PLUS = "M8 3v10M3 8h10";
export const MINUS = "M3 8h10";
export const TRASH = "M3 4.5h10M6.4 4.3V2.8h3.2v1.5M4.3 4.7l.7 8.5h6l.7-8.5";
export const GONE =
  "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 1 0 8 2.4M6.4 6.4a1.7 1.7 0 1 1 2.3 1.6c-.5.2-.7.5-.7 1M8 10.9v.1";
