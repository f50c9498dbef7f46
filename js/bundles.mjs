/**
 * The bundles that a kernel serves: one ES module for each widget, one for each part that widgets load late, one style sheet. Those of an
 * exported page, which has no kernel: one script and one style sheet with everything in them. And the JupyterLab extension (`lab.mjs`).
 *
 * A part is built without the modules that a widget's bundle has anyway. Its text is a module whose default export takes the values that it
 * needs of those, in an order that the build chose, and gives the part's exports. In the widgets' bundles a door stands for each part, with
 * these values and the hash of the text, so that a bundle runs the very part that it was built with, or none.
 */

import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { buildLab } from "./lab.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const doors = "src/parts/index.ts";

/** A file as esbuild's metafiles name it. */
const nameOf = (path) => relative(here, path).replaceAll("\\", "/");

/** `import css from "./view.css?inline"` gives a style sheet as text, as it does in Vite. */
const inlineCss = {
  name: "inline css",
  setup(build) {
    build.onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path.replace("?inline", ""));
      return { path: nameOf(file), namespace: "css text", pluginData: file };
    });
    build.onLoad({ filter: /./, namespace: "css text" }, async ({ pluginData: file }) => {
      const { outputFiles } = await esbuild.build({ ...common, entryPoints: [file], minify: true, write: false });
      return { contents: outputFiles[0].text.trim(), loader: "text", watchFiles: [file] };
    });
  },
};

/** What all builds agree on. Elements are made by `h`: with the automatic runtime each would carry the word "children". */
export const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox121", "safari17"],
  // All of these know classes such as \p{M}; esbuild does not rely on it, since their Unicode versions differ.
  supported: { "regexp-unicode-property-escapes": true },
  tsconfigRaw: { compilerOptions: { jsx: "react", jsxFactory: "h", jsxFragmentFactory: "Fragment" } },
  inject: ["src/h.ts"],
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  plugins: [inlineCss],
};

const widgets = {
  studio: "src/widgets/studio.tsx",
  config: "src/widgets/config.tsx",
  progress: "src/widgets/progress.tsx",
  gallery: "src/widgets/gallery.tsx",
};

/** The parts that an exported page has. */
const pageParts = ["filters", "menu", "selected", "shortcuts", "sweep", "viewer"];

/** The parts of the form, which no view in JupyterLab's own tabs has. */
const formParts = ["code", "mediaField", "planTable", "recall", "textList"];

/** The files whose code is in any output of a build. */
function filesIn({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return new Set(inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput && !path.includes(":") ? [path] : [])));
}

/** The parts there are: their names and files. */
async function findParts() {
  const files = await readdir(new URL("src/parts/", import.meta.url));
  return files
    .filter((file) => `src/parts/${file}` !== doors)
    .sort()
    .map((file) => ({ name: file.replace(/\.tsx?$/, ""), file: `src/parts/${file}` }));
}

/** Leaves out of a part what the bundles have. Parts open other parts by their doors. */
function leaveOut(shared) {
  return {
    name: "shared modules",
    setup(build) {
      build.onResolve({ filter: /./ }, async ({ path, kind, pluginData, ...where }) => {
        if (kind === "entry-point" || pluginData === "asked" || path.endsWith("?inline")) return;
        const found = await build.resolve(path, { ...where, kind, pluginData: "asked" });
        if (found.errors.length) return found;
        const file = nameOf(found.path);
        if (file !== doors && !shared.has(file)) return found;
        return { path: `bgw:${file}`, external: true, sideEffects: false };
      });
    },
  };
}

const IMPORT = /^import \{([^}]+)\} from "bgw:([^"]+)";$/gm;

/** Build one part: its text, its hash, and the values that it takes of the bundles. */
async function buildPart({ name, file }, shared) {
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    entryPoints: [file],
    plugins: [inlineCss, leaveOut(shared)],
    metafile: true,
    write: false,
  });
  const { text: code } = outputFiles[0];
  const modules = new Map();
  for (const [, names, from] of code.matchAll(IMPORT)) {
    const known = modules.get(from) ?? modules.set(from, new Set()).get(from);
    for (const one of names.split(",")) if (one.trim()) known.add(one.trim().split(" as ")[0]);
  }
  const unnamed = Object.values(metafile.outputs)[0].imports.find(({ path }) => !modules.has(path.replace("bgw:", "")));
  if (unnamed) {
    throw new Error(`${file} takes all of ${unnamed.path.replace("bgw:", "")}; import what it needs by name`);
  }
  const takes = [...modules].flatMap(([from, names]) => [...names].map((named) => ({ from, named })));
  const text = await wrap(name, code, takes);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  return { name, file, text, hash, takes, metafile };
}

/** The text of a part: its code in a function of what it takes. */
async function wrap(name, code, takes) {
  const given = {
    name: "given values",
    setup(build) {
      build.onResolve({ filter: /^bgw:/ }, ({ path }) => ({ path: path.slice(4), namespace: "given" }));
      build.onLoad({ filter: /./, namespace: "given" }, ({ path }) => ({
        contents: takes
          .map(({ from, named }, i) => (from === path ? `export const ${named} = given[${i}];` : ""))
          .join(""),
      }));
    },
  };
  const { outputFiles } = await esbuild.build({
    ...common,
    minify: true,
    format: "iife",
    globalName: "part",
    stdin: { contents: code },
    plugins: [given],
    inject: [],
    write: false,
  });
  return `export default(given)=>{${outputFiles[0].text.trim()}return part};
//# sourceURL=batchgen_widgets/parts/${name}.js
`;
}

/** Puts doors in the place of `src/parts/index.ts`, each a module of its own: what a bundle does not open costs it nothing. */
function putDoors(parts) {
  const importOf = (file, named) => `import { ${named} } from ${JSON.stringify(resolve(here, file))};`;
  return {
    name: "doors",
    setup(build) {
      build.onLoad({ filter: /[\\/]parts[\\/]index\.ts$/ }, () => ({
        contents: parts.map(({ name }) => `export { ${name} } from "door:${name}";`).join("\n"),
        resolveDir: here,
      }));
      build.onResolve({ filter: /^door:/ }, ({ path }) => ({
        path: path.slice(5),
        namespace: "door",
        sideEffects: false,
      }));
      build.onLoad({ filter: /./, namespace: "door" }, ({ path }) => {
        const { name, hash, takes } = parts.find((part) => part.name === path);
        const lines = takes.map(({ from, named }, i) => importOf(from, `${named} as s${i}`));
        const shared = takes.map((_, i) => `s${i}`).join();
        const contents = `${importOf("src/state/parts.ts", "Part")}
${importOf("src/state/kernelParts.ts", "fromKernel")}
${lines.join("\n")}
export const ${name} = new Part(fromKernel("${name}", "${hash}", () => [${shared}]));
`;
        return { contents, resolveDir: here };
      });
    },
  };
}

/** Puts the parts that a page has into its script; the others are there by name only. */
function bundleParts(names, has) {
  return {
    name: "bundled parts",
    setup(build) {
      build.onLoad({ filter: /[\\/]parts[\\/]index\.ts$/ }, () => ({
        contents: `import { Part } from "../state/parts";
const none = { load: () => Promise.reject(new Error("This needs the notebook that the page was made in.")) };
${names
  .map((name) => `export const ${name} = new Part(${has(name) ? `{ load: () => import("./${name}") }` : "none"});`)
  .join("\n")}`,
        resolveDir: resolve(here, "src/parts"),
      }));
    },
  };
}

/** Leaves the style sheets of parts out of a script, and remembers them: a page has one sheet, which its policy knows by its hash. */
function collectCss(sheets) {
  return {
    name: "collected css",
    setup(build) {
      build.onResolve({ filter: /\.css\?inline$/ }, ({ path, resolveDir }) => {
        const file = nameOf(resolve(resolveDir, path.replace("?inline", "")));
        sheets.add(file);
        return { path: file, namespace: "collected css" };
      });
      build.onLoad({ filter: /./, namespace: "collected css" }, () => ({ contents: "", loader: "text" }));
    },
  };
}

/** Build an exported page: its script, its style sheet, and what they were made of. */
async function buildPage(names) {
  const sheets = new Set();
  const script = await esbuild.build({
    ...common,
    minify: true,
    format: "iife",
    entryPoints: { page: "src/page/main.tsx" },
    outdir: "out",
    plugins: [bundleParts(names, (name) => pageParts.includes(name)), collectCss(sheets)],
    metafile: true,
    write: false,
  });
  const all = ["src/styles/batchgen.css", ...[...sheets].sort(), "src/page/page.css"];
  const style = await esbuild.build({
    ...common,
    minify: true,
    stdin: { contents: all.map((file) => `@import "./${file}";`).join("\n"), loader: "css", resolveDir: here },
    metafile: true,
    write: false,
  });
  return {
    script: script.outputFiles[0].text,
    style: style.outputFiles[0].text,
    inputs: new Set([...filesIn(script.metafile), ...filesIn(style.metafile)]),
  };
}

function buildWidgets(parts) {
  return esbuild.build({
    ...common,
    minify: true,
    entryPoints: { ...widgets, batchgen: "src/styles/batchgen.css" },
    outdir: "out",
    plugins: [inlineCss, putDoors(parts)],
    metafile: true,
    write: false,
  });
}

/**
 * Build everything, in memory: `files` are names and contents, `start` those of the extension that JupyterLab loads when it starts, `inputs`
 * every file that anything was made of, `repeated` the parts that bring along the same file.
 *
 * What the bundles have is known once they are built, and what they have for the sake of parts once those are: so both are built until
 * nothing is left to be shared.
 */
export async function bundle() {
  const found = await findParts();
  const shared = new Set();
  let parts = found.map((part) => ({ ...part, hash: "", takes: [] }));
  for (;;) {
    const built = await buildWidgets(parts);
    const news = [...filesIn(built.metafile)].filter((file) => !shared.has(file));
    if (!news.length) {
      const names = found.map(({ name }) => name);
      const labParts = bundleParts(names, (name) => !formParts.includes(name));
      return gather(built, parts, await buildPage(names), await buildLab(buildCommon, [inlineCss, labParts]));
    }
    for (const file of news) shared.add(file);
    parts = await Promise.all(found.map((part) => buildPart(part, shared)));
  }
}

const buildCommon = (options) => esbuild.build({ ...common, ...options });

function gather(built, parts, page, lab) {
  const files = new Map(built.outputFiles.map(({ path, text }) => [path.split(/[\\/]/).pop(), text]));
  const inputs = filesIn(built.metafile);
  for (const { name, file, text, metafile } of parts) {
    const own = filesIn(metafile);
    const twice = [...own].filter((one) => inputs.has(one));
    if (twice.length) throw new Error(`${file} brings along what the widgets' bundles have: ${twice.join(", ")}`);
    files.set(`parts/${name}.js`, text);
  }
  const repeated = new Map();
  for (const { name, metafile } of parts) {
    for (const one of filesIn(metafile)) {
      inputs.add(one);
      repeated.set(one, [...(repeated.get(one) ?? []), name]);
    }
  }
  files.set("page.js", page.script);
  files.set("page.css", page.style);
  for (const [name, text] of lab.files) files.set(`labextension/${name}`, text);
  for (const file of [...page.inputs, ...lab.inputs]) inputs.add(file);
  repeated.delete("src/h.ts");
  for (const [one, names] of repeated) if (names.length < 2) repeated.delete(one);
  const start = new Set([...lab.start].map((name) => `labextension/${name}`));
  return { files, start, inputs, repeated };
}
