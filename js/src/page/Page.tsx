/** A batch as a page of its own. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { EXTRAS } from "../views/detail/extras";
import { GalleryView } from "../views/gallery/GalleryView";
import { AboutBatch } from "./AboutBatch";
import type { Contents, PageData } from "./data";
import { PageLink } from "./link";
import { noteOf } from "./Note";
import { ReviewBar } from "./ReviewBar";
import { Review } from "./review";
import { describeContents, formatDate, results } from "./words";

const DARK = "(prefers-color-scheme: dark)";

/** Whether the person's system is dark. */
function useDark(): boolean {
  const dark = useSignal(matchMedia(DARK).matches);
  useEffect(() => {
    const query = matchMedia(DARK);
    const update = () => {
      dark.value = query.matches;
    };
    query.addEventListener("change", update);
    return () => query.removeEventListener("change", update);
  }, []);
  return dark.value;
}

export function Page({ data }: { data: PageData }) {
  const { about } = data;
  const review = useMemo(() => new Review(about), [about]);
  const link = useMemo(() => new PageLink(data, review), [data, review]);
  const contents = useSignal<Contents | null>(null);
  const isDark = useDark();
  useMemo(() => {
    EXTRAS.splice(0, EXTRAS.length, noteOf(review));
  }, [review]);
  useEffect(() => {
    void data.value<Contents>("contents").then((found) => {
      contents.value = found;
    });
    return () => review.close();
  }, [data, review]);
  const facts = [results(about), about.generator, formatDate(about.created_at)].filter(
    (fact) => fact && fact !== about.title,
  );
  return (
    <div class={`bgw-root bgw-page ${isDark ? "bgw-dark" : ""}`}>
      <header class="bgw-page-head">
        <h1>{about.title}</h1>
        <p class="bgw-muted bgw-number">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </header>
      <AboutBatch about={about} />
      <main class="bgw-page-main">
        <h2 class="bgw-sr-only">Results</h2>
        <ReviewBar review={review} />
        <GalleryView link={link} />
      </main>
      <footer class="bgw-page-foot bgw-muted bgw-small">
        <p>{contents.value && describeContents(about, contents.value)}</p>
        <p>
          Made with batchgen_widgets {about.version} on {formatDate(about.made_at)}. This page loads nothing from the
          network and sends nothing.
        </p>
      </footer>
    </div>
  );
}
