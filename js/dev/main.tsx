/**
 * The studio on a kernel that lives in the page. `?state=varied&theme=dark&width=600&view=config&bar=off` picks what to look at;
 * `state` is one of dev/states.ts, and `assets=10000` shows that many ready-made results instead; with `history=5000` after that many
 * batches, with `lineage=3` each with relatives and that many descendants; with `trash=30` so many of them in the trash.
 * `?view=panel` is JupyterLab's side panel, see dev/panel.tsx; `?view=tab` a view in a tab of it, see dev/tab.tsx.
 */

import "../src/styles/batchgen.css";
import "../src/state/visible";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ConfigPanel } from "../src/views/config/ConfigPanel";
import { GalleryView } from "../src/views/gallery/GalleryView";
import { ProgressDisplay } from "../src/views/progress/ProgressDisplay";
import { Studio } from "../src/views/studio/Studio";
import { collection } from "./collection";
import { answerHistory } from "./history";
import { answerLineage } from "./lineage";
import { showPanel } from "./panel";
import { simulate, slow, TICK_MS } from "./simulate";
import { STATES, type State } from "./states";
import { showTab } from "./tab";
import { answerTrash } from "./trash";

const VIEWS = { studio: Studio, config: ConfigPanel, progress: ProgressDisplay, gallery: GalleryView };
type View = keyof typeof VIEWS;
const WIDTHS = ["full", "360", "600", "700", "1000", "1200", "1600"];

const query = new URLSearchParams(location.search);
const chosen = <T extends string>(key: string, among: readonly T[], fallback: T): T =>
  among.find((value) => value === query.get(key)) ?? fallback;

const names = Object.keys(STATES) as State[];
const assets = Number(query.get("assets") ?? 0);
const kernel = assets ? collection(assets) : simulate(STATES[chosen("state", names, "default")]);
const batches = query.get("history");
if (batches !== null) answerHistory(kernel, Number(batches));
const relatives = query.get("lineage");
if (relatives !== null) answerLineage(kernel, Number(relatives));
const thrownAway = query.get("trash");
if (thrownAway !== null) answerTrash(kernel, Number(thrownAway));
const link = slow(kernel, 60);
setInterval(() => kernel.tick(), TICK_MS);
// For scripts that drive the page.
Object.assign(window, { kernel });

interface PickerProps<T extends string> {
  label: string;
  options: readonly T[];
  value: T;
  onChange: (value: T) => void;
}

function Picker<T extends string>({ label, options, value, onChange }: PickerProps<T>) {
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function Page() {
  const [theme, setTheme] = useState(chosen("theme", ["light", "dark"], "light"));
  const [width, setWidth] = useState(chosen("width", WIDTHS, "full"));
  const [view, setView] = useState(chosen("view", Object.keys(VIEWS) as View[], "studio"));
  const Shown = VIEWS[view];
  useEffect(() => {
    document.body.className = theme;
  }, [theme]);
  return (
    <>
      <div class={`bar ${query.get("bar") ?? ""}`}>
        <Picker label="View" options={Object.keys(VIEWS) as View[]} value={view} onChange={setView} />
        <Picker label="Theme" options={["light", "dark"]} value={theme} onChange={setTheme} />
        <Picker label="Width" options={WIDTHS} value={width} onChange={setWidth} />
        <Picker
          label="State"
          options={names}
          value={chosen("state", names, "default")}
          onChange={(state) => location.assign(`?state=${state}&theme=${theme}&width=${width}&view=${view}`)}
        />
      </div>
      <div class="stage" style={{ width: width === "full" ? undefined : `${width}px` }}>
        <div class={`bgw-root ${theme === "dark" ? "bgw-dark" : ""}`}>
          <Shown link={link} />
        </div>
      </div>
    </>
  );
}

const page = document.getElementById("page");
if (page && query.get("view") === "panel") showPanel(page, query);
else if (page && query.get("view") === "tab") showTab(page, query);
else if (page) render(<Page />, page);
