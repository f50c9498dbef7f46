/** Texts that vary: added to, edited, removed and reordered, all by keyboard too. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../controls";
import { fieldOf } from "./BaseRow";
import { same } from "./fields";
import { PLUS, UP } from "./icons";
import type { RowIds } from "./Row";

interface Item {
  id: number;
  text: string;
}

export interface TextListProps {
  /** What one of them is: "prompt". */
  noun: string;
  texts: string[];
  ids: RowIds;
  /** Called with the texts that are not blank. */
  onChange: (texts: string[]) => void;
  onSettle: () => void;
}

let made = 0;
const item = (text: string): Item => {
  made += 1;
  return { id: made, text };
};
const filled = (items: Item[]) => items.map(({ text }) => text).filter((text) => text.trim());

/** Keep an item's identity where its text stayed. */
function adopt(items: Item[], texts: string[]): Item[] {
  const left = [...items];
  return texts.map((text) => {
    const at = left.findIndex((other) => other.text === text);
    return left.splice(at, at < 0 ? 0 : 1)[0] ?? item(text);
  });
}

type Part = "text" | "up" | "down" | "remove" | "add";

export function TextList({ noun, texts, ids, onChange, onSettle }: TextListProps) {
  const [items, setItems] = useState<Item[]>(() => texts.map(item));
  const [said, setSaid] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const focus = useRef<{ at: number; part: Part } | null>(null);

  // What came from outside is shown, yet not under the hands of a person who types.
  const inside = () => root.current?.contains(document.activeElement) ?? false;
  const follow = () => {
    if (!same(filled(items), texts)) setItems(adopt(items, texts));
  };
  useEffect(() => {
    if (!inside()) follow();
  });

  // Before anything else happens: the next key must find the focus where it belongs.
  useLayoutEffect(() => {
    const want = focus.current;
    focus.current = null;
    if (!want || !root.current) return;
    const row = root.current.querySelectorAll("li")[want.at] ?? root.current;
    const all = row.querySelectorAll<HTMLElement>(`[data-part="${want.part}"] button:enabled, textarea`);
    const target = [...all].find((element) => (want.part === "text") === (element.tagName === "TEXTAREA"));
    (target ?? row.querySelector<HTMLElement>("button:enabled"))?.focus();
  }, [items]);

  const change = (next: Item[], then?: { at: number; part: Part }) => {
    focus.current = then ?? null;
    setItems(next);
    if (!same(filled(next), filled(items))) onChange(filled(next));
  };
  const edit = (at: number, text: string) => change(items.map((old, index) => (index === at ? { ...old, text } : old)));
  const insert = (at: number, added: string[]) => {
    const fresh = added.map(item);
    change([...items.slice(0, at), ...fresh, ...items.slice(at)], { at: at + fresh.length - 1, part: "text" });
  };
  const remove = (at: number, part: Part) => {
    const next = items.filter((_, index) => index !== at);
    setSaid(`Removed. ${next.length} left.`);
    change(next, { at: Math.min(at, next.length - 1), part: next.length ? part : "add" });
    onSettle();
  };
  const move = (at: number, by: -1 | 1, part: Part) => {
    const to = at + by;
    const moved = items[at];
    if (!moved || to < 0 || to >= items.length) return;
    const next = items.filter((_, index) => index !== at);
    next.splice(to, 0, moved);
    setSaid(`Moved to place ${to + 1} of ${items.length}.`);
    change(next, { at: to, part });
    onSettle();
  };

  const press = (event: KeyboardEvent, at: number) => {
    const arrow = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      onSettle();
      insert(at + 1, [""]);
    } else if (event.key === "Backspace" && items[at]?.text === "" && items.length > 1) {
      event.preventDefault();
      remove(at, "text");
    } else if (event.altKey && arrow) {
      event.preventDefault();
      move(at, arrow, "text");
    }
  };
  const paste = (event: ClipboardEvent, at: number) => {
    const lines = (event.clipboardData?.getData("text") ?? "").split(/\r?\n/).filter((line) => line.trim());
    if (lines.length < 2 || items[at]?.text.trim()) return;
    event.preventDefault();
    const fresh = lines.map(item);
    change([...items.slice(0, at), ...fresh, ...items.slice(at + 1)], { at: at + fresh.length - 1, part: "text" });
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset can't take the row's label as its name
    <div
      class="bgw-list"
      role="group"
      aria-labelledby={ids.labelId}
      ref={root}
      onFocusOut={(event) => {
        if (root.current?.contains(event.relatedTarget as Node | null)) return;
        onSettle();
        follow();
      }}
    >
      {!items.length && <p class="bgw-list-none">None yet</p>}
      <ol class="bgw-list-items">
        {items.map(({ id, text }, at) => {
          const name = `${noun} ${at + 1}`;
          return (
            <li key={id} class="bgw-list-item">
              <span class="bgw-list-number bgw-number" aria-hidden="true">
                {at + 1}
              </span>
              <textarea
                class="bgw-input"
                rows={1}
                aria-label={name}
                {...ids.part(at === 0)}
                value={text}
                {...fieldOf(text)}
                onInput={(event) => edit(at, event.currentTarget.value)}
                onKeyDown={(event) => press(event, at)}
                onPaste={(event) => paste(event, at)}
              />
              <span class="bgw-list-tools">
                <span data-part="up">
                  <IconButton
                    label={`Move ${name} up`}
                    icon={UP}
                    disabled={at === 0}
                    onClick={() => move(at, -1, "up")}
                  />
                </span>
                <span data-part="down">
                  <IconButton
                    label={`Move ${name} down`}
                    icon="down"
                    disabled={at === items.length - 1}
                    onClick={() => move(at, 1, "down")}
                  />
                </span>
                <span data-part="remove">
                  <IconButton label={`Remove ${name}`} icon="close" onClick={() => remove(at, "remove")} />
                </span>
              </span>
            </li>
          );
        })}
      </ol>
      <span data-part="add">
        <Button
          kind="quiet"
          icon={PLUS}
          class="bgw-list-add"
          describedBy={ids.control["aria-describedby"]}
          onClick={() => insert(items.length, [""])}
        >
          Add {noun}
        </Button>
      </span>
      <span class="bgw-sr-only" role="status">
        {said}
      </span>
    </div>
  );
}
