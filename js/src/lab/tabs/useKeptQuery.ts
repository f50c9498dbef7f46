import { useEffect, useRef } from "preact/hooks";
import type { KernelLink } from "../../state/link";
import { SHOW_ALL } from "../../state/query";
import type { QuerySettings } from "../../state/wire.gen";

interface Kept {
  link: KernelLink;
  source: string;
  query: QuerySettings;
}

/** Who answers on another link knows nothing of what was asked on the one before: tell it, where it shows the same. */
export function useKeptQuery(link: KernelLink): void {
  const kept = useRef<Kept | null>(null);
  const { source } = link.trait("gallery").value;
  const query = link.trait("query").value;
  useEffect(() => {
    const before = kept.current;
    kept.current = { link, source, query };
    if (!before || before.link === link || before.source !== source) return;
    const isSame = JSON.stringify(before.query) === JSON.stringify(query);
    if (isSame || JSON.stringify(query) !== JSON.stringify(SHOW_ALL)) return;
    kept.current = { link, source, query: before.query };
    // Who says no shows everything, and with that what it can.
    link.request("query.set", { source, query: before.query }).catch(() => {});
  }, [link, source, query]);
}
