/** The table of hostile texts, a kernel that puts them wherever it tells a text, and what must be so when they are on show. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { expect } from "vitest";
import table from "../../tests/unit/safety/texts.json?raw";
import type { FakeKernel } from "../dev/fakeKernel";
import type { Traits } from "../src/state/link";
import { visible } from "../src/state/visible";

interface Hostile {
  name: string;
  text: string;
  shown: string;
}

const read = JSON.parse(table) as { texts: Hostile[]; huge: { name: string; piece: string; times: number }[] };
export const TEXTS = read.texts;
export const HUGE = read.huge.map(({ name, piece, times }) => ({ name, text: piece.repeat(times) }));

/** Where texts of other people are, in what the kernel tells. */
const FREE = new Set([
  ...[
    "alt",
    "code",
    "description",
    "error",
    "folder",
    "generator",
    "label",
    "log",
    "measure",
    "message",
    "name",
    "note",
  ],
  ...["path", "problem", "prompt", "reason", "reviewer", "source_diff", "summary", "title", "traceback"],
]);
const LISTS = new Set(["changes", "generators", "notes", "parameters", "prompt_variations", "reviewers", "values"]);
const MAPS = new Set(["params", "metrics", "base"]);

type Next = () => string;

function poison(value: unknown, key: string, next: Next): unknown {
  if (typeof value === "string") return FREE.has(key) ? next() : value;
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === "string" && LISTS.has(key) ? next() : poison(item, key, next)));
  }
  if (typeof value !== "object" || value === null || value instanceof DataView) return value;
  // Columns and parameters are known by their names.
  const named = "group" in value || "role" in value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      if (MAPS.has(key) && typeof item === "string") return [[name, next()]];
      const found = [name, name === "name" && named ? item : poison(item, name, next)];
      return name === "metrics" && !Array.isArray(item)
        ? [[name, { ...(found[1] as object), [next()]: next() }]]
        : [found];
    }),
  );
}

/** The kernel, but that it tells hostile texts: one after the other, or always the same. */
export function hostile<K extends FakeKernel>(kernel: K, same?: string): K {
  let count = 0;
  const next = () => {
    count += 1;
    // Different each time: lists are told apart by what is in them.
    return `${same ?? TEXTS[count % TEXTS.length]?.text} ${count}`;
  };
  const traits = new Map<string, ReadonlySignal<unknown>>();
  const request: FakeKernel["request"] = async (method, params) => {
    try {
      const { result, buffers } = await kernel.request(method, params);
      return { result: poison(result, "", next) as never, buffers };
    } catch (error) {
      if (error instanceof Error) error.message = next();
      throw error;
    }
  };
  return Object.assign(Object.create(kernel) as K, {
    request,
    trait: <N extends keyof Traits>(name: N) => {
      const source = kernel.trait(name);
      const found = traits.get(name) ?? computed(() => poison(source.value, name, next));
      traits.set(name, found);
      return found as ReadonlySignal<Traits[N]>;
    },
  });
}

/** Whether something holds what is in an element, so that it can't stick out. */
function isHeld(element: Element, root: Element): boolean {
  for (let above = element.parentElement; above && above !== root; above = above.parentElement) {
    const { overflowX, position } = getComputedStyle(above);
    if (overflowX !== "visible" || position === "fixed") return true;
  }
  return false;
}

/** All that is read, seen or spoken in an element. */
export function textsIn(root: Element): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement } = walker.currentNode;
    if (parentElement && !parentElement.matches("style, textarea")) found.push(walker.currentNode.nodeValue ?? "");
  }
  for (const element of root.querySelectorAll("[title], [alt], [aria-label]")) {
    for (const name of ["title", "alt", "aria-label"]) found.push(element.getAttribute(name) ?? "");
  }
  return found;
}

/** Whether one of the texts is on show. */
export function isTold(root: Element): boolean {
  const all = textsIn(root).join("\n");
  return TEXTS.some(({ shown }) => all.includes(shown.slice(0, 16)));
}

const STRANGE =
  "script, iframe, object, embed, base, meta, template, b:not([class]), i:not([class]), body *[style*='display:none'], [autofocus], a[href^='javascript'], img[src='x'], form[action]";

/** Nothing but text came of the texts, all of it can be seen, and nothing sticks out of the element. */
export function expectSafe(root: Element): void {
  expect([...root.querySelectorAll(STRANGE)].map(({ outerHTML }) => outerHTML.slice(0, 200))).toEqual([]);
  for (const element of root.querySelectorAll("*")) {
    expect(element.getAttributeNames().filter((name) => name.startsWith("on"))).toEqual([]);
  }
  const texts = textsIn(root);
  expect(texts.filter((text) => visible(text) !== text)).toEqual([]);
  expect(isTold(root)).toBe(true);
  const edges = root.getBoundingClientRect();
  const out = [...root.querySelectorAll("*")].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    const sticks = width > 1 && (right > edges.right + 1 || left < edges.left - 1);
    return sticks && !element.closest("dialog:not(:scope)") && !isHeld(element, root);
  });
  const first = out.filter((element) => !out.some((other) => other !== element && other.contains(element)));
  expect(first.map((element) => `${element.outerHTML.slice(0, 80)} ${element.textContent?.slice(0, 60)}`)).toEqual([]);
}
