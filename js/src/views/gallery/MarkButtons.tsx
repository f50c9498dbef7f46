/** The two marks of a result: to press, and where nobody takes marks, to see. */

import type { Mark } from "../../state/marks";
import { IconButton } from "../controls";
import { Icon } from "../icons";

interface MarkButtonsProps {
  mark: Mark;
  readOnly: boolean;
  /** What tells the result from others in the names of its buttons. */
  of?: string;
  tabIndex?: number;
  onMark: (mark: "favorite" | "discarded") => void;
}

const MARKS = [
  { mark: "favorite", icon: "star", label: "Favorite", said: "Favorite" },
  { mark: "discarded", icon: "discard", label: "Discard", said: "Discarded" },
] as const;

export function MarkButtons({ mark: now, readOnly, of = "", tabIndex, onMark }: MarkButtonsProps) {
  return (
    <>
      {MARKS.map(({ mark, icon, label, said }) => {
        const filled = mark === now && icon === "star";
        if (!readOnly) {
          return (
            <IconButton
              key={mark}
              class={`bgw-tile-${icon}`}
              icon={icon}
              label={label + of}
              pressed={mark === now}
              filled={filled}
              tabIndex={tabIndex}
              onClick={() => onMark(mark)}
            />
          );
        }
        return (
          mark === now && (
            <span key={mark} class={`bgw-mark bgw-tile-${icon}`} role="img" aria-label={said + of} title={said}>
              <Icon name={icon} filled={filled} />
            </span>
          )
        );
      })}
    </>
  );
}
