/**
 * Texts of other people, made safe where Preact makes text nodes and attributes that are read, so no view has to think of it. Values stay as
 * they are: in fields, in what is copied, and in what the kernel gets.
 */

import { options, type VNode } from "preact";
import { visible } from "./unseen";

export { visible };

const next = options.vnode;
options.vnode = (node: VNode) => {
  const { type, props } = node as { type: unknown; props: string | Record<string, unknown> };
  // A text is a node without a type that is its own props.
  if (typeof props === "string") Object.assign(node, { props: visible(props) });
  else if (typeof type === "string") {
    for (const name of ["title", "alt", "aria-label"]) {
      if (props[name]) props[name] = visible(String(props[name]));
    }
  }
  next?.(node);
};
