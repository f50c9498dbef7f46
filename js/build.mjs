// Builds the front end into the Python package.
//   node build.mjs            build, minified, and hold every file against budget.json
//   node build.mjs --check    the same without writing
//   node build.mjs --serve    the dev page with a fake kernel, rebuilt on each load
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { bundle, common } from "./bundles.mjs";

const python = fileURLToPath(new URL("../batchgen_widgets/", import.meta.url));

/** Where a file of the bundle goes. */
const placeOf = (name) => `${python}${name.startsWith("labextension/") ? "" : "static/"}${name}`;

/** The license of each package whose code is in a bundle, as these licenses ask for. */
async function licenses(inputs) {
  const names = [...inputs].flatMap((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8");
    return `${name}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n---\n\n");
}

async function serve() {
  const context = await esbuild.context({
    ...common,
    entryPoints: ["dev/main.tsx"],
    outdir: "dev/out",
    sourcemap: true,
    write: false,
  });
  const { port } = await context.serve({ servedir: "dev", host: "127.0.0.1", port: 8123 });
  console.log(`dev page on http://127.0.0.1:${port}/`);
}

async function build({ write }) {
  const { files, start, inputs, repeated } = await bundle();
  files.set("licenses.txt", await licenses(inputs));
  const budget = JSON.parse(await readFile(new URL("budget.json", import.meta.url), "utf8"));
  const sizes = new Map();
  for (const [name, text] of files) {
    const ofLab = name.startsWith("labextension/");
    if (ofLab && !name.endsWith(".js")) continue;
    // The extension's files have two budgets together: those that JupyterLab loads when it starts, and the others.
    const known = ofLab ? `labextension/${start.has(name) ? "start" : "late"}` : name;
    sizes.set(known, (sizes.get(known) ?? 0) + Buffer.byteLength(text));
  }
  for (const [name, bytes] of sizes) {
    const limit = budget[name];
    if (limit === undefined) throw new Error(`${name} has no budget; give it one in budget.json`);
    const over = bytes > limit;
    if (over) process.exitCode = 1;
    console.log(`${name.padEnd(18)} ${String(bytes).padStart(7)} of ${limit} bytes${over ? "  OVER BUDGET" : ""}`);
  }
  if (write) {
    // Names with hashes come and go.
    await rm(placeOf("labextension/"), { recursive: true, force: true });
    for (const [name, text] of files) {
      await mkdir(dirname(placeOf(name)), { recursive: true });
      await writeFile(placeOf(name), text);
    }
  }
  for (const [file, parts] of repeated) console.log(`${file} is in ${parts.join(" and ")}`);
}

if (process.argv.includes("--serve")) await serve();
else await build({ write: !process.argv.includes("--check") });
