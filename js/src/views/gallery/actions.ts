/** What views of a gallery do with a result. */

export interface Actions {
  /** Puts a mark on a result, or takes it away where the result has it. */
  mark(position: number, mark: "favorite" | "discarded"): void;
  /** Takes back the last change of marks. */
  undo(): void;
}
