/**
 * Parts from the kernel, for widgets in a notebook.
 *
 * All widgets of a page share the text of a part, which its hash tells from that of any other version. Each runs it by itself, on its own
 * copy of the modules that the part shares with the bundle: hooks and signals of two copies know nothing of each other.
 */

import type { KernelLink } from "./link";
import type { PartSource } from "./parts";

interface PageParts {
  texts: Map<string, string>;
  coming: Map<string, { link: KernelLink; text: Promise<string> }>;
}

const KEY = Symbol.for("batchgen_widgets.parts");

function pageParts(): PageParts {
  const page = globalThis as { [KEY]?: PageParts };
  page[KEY] ??= { texts: new Map(), coming: new Map() };
  return page[KEY];
}

function ask(link: KernelLink, name: string, hash: string): Promise<string> {
  const { texts, coming } = pageParts();
  const text = link
    .request("part.get", { name, hash })
    .then(({ buffers: [source] }) => {
      if (!source) throw new Error("The kernel sent nothing.");
      const found = new TextDecoder().decode(source);
      texts.set(hash, found);
      return found;
    })
    .finally(() => {
      if (coming.get(hash)?.text === text) coming.delete(hash);
    });
  coming.set(hash, { link, text });
  return text;
}

/** A part runs as the widget itself was run: where the page allows the one, it allows the other. */
async function run<E>(text: string, shared: readonly unknown[]): Promise<E> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const module: { default: (shared: readonly unknown[]) => E } = await import(/* @vite-ignore */ url);
    return module.default(shared);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The build calls this for each part: `shared` gives what the part takes from the bundle, in the order that the part knows. */
export function fromKernel<E>(name: string, hash: string, shared: () => readonly unknown[]): PartSource<E> {
  return {
    async load(link, again) {
      if (!link) throw new Error("There is no kernel to ask.");
      const { texts, coming } = pageParts();
      const near = coming.get(hash);
      // Another widget's kernel may have gone: for what a person waits for, each asks its own.
      const text = texts.get(hash) ?? (await (near?.link === link && !again ? near.text : ask(link, name, hash)));
      return run<E>(text, shared());
    },
    async fetch(link) {
      const { texts, coming } = pageParts();
      if (!texts.has(hash) && !coming.has(hash)) await ask(link, name, hash);
    },
  };
}
