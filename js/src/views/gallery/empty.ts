/** What the gallery says where it has nothing to show. */

import type { MarkFilter } from "../../state/query";
import type { IconName } from "../icons";

interface EmptyWords {
  icon: IconName;
  title: string;
  text: string;
}

const WAITING: EmptyWords = {
  icon: "image",
  title: "Waiting for the first result",
  text: "Results appear here as their tasks finish.",
};

const NONE: EmptyWords = {
  icon: "image",
  title: "No results",
  text: "No task has made an image, a video or a sound.",
};

const BY_MARK: Record<MarkFilter, EmptyWords> = {
  favorite: { icon: "star", title: "No favorites yet", text: "Press the star of a result, or F, to keep it here." },
  unmarked: {
    icon: "check",
    title: "Everything is sorted",
    text: "Each result is a favorite or discarded. New ones will wait here.",
  },
  discarded: {
    icon: "discard",
    title: "Nothing discarded",
    text: "Press X on a result to set it aside. Its file stays where it is.",
  },
};

/** Where nobody takes marks. */
const NONE_MARKED: Partial<Record<MarkFilter, EmptyWords>> = {
  favorite: { ...BY_MARK.favorite, title: "No favorites", text: "Nobody has chosen any of these results." },
  discarded: { ...BY_MARK.discarded, text: "Nobody has set any of these results aside." },
};

export const NOTHING_FOUND: EmptyWords = {
  icon: "search",
  title: "Nothing found",
  text: "No result meets the search and all filters.",
};

const THROWN_AWAY: EmptyWords = {
  icon: "image",
  title: "All in the trash",
  text: "“Clean up…” in the menu brings results back.",
};

export function emptyWords(
  mark: MarkFilter | null,
  expecting: boolean,
  trashed: boolean,
  readOnly: boolean,
): EmptyWords {
  if (mark !== null) return (readOnly && NONE_MARKED[mark]) || BY_MARK[mark];
  return expecting ? WAITING : trashed ? THROWN_AWAY : NONE;
}
