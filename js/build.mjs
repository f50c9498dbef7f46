// Builds one ES module per widget and one style sheet into the Python package.
//   node build.mjs            build, minified, and hold every file against budget.json
//   node build.mjs --check    the same without writing
//   node build.mjs --serve    the dev page with a fake kernel, rebuilt on each load
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const common = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox121", "safari17"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};

/** The license of each package whose code is in a bundle, as these licenses ask for. */
async function licenses({ inputs }) {
  const names = Object.keys(inputs).flatMap((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map(async (name) => {
    const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8");
    return `${name}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n---\n\n");
}

if (process.argv.includes("--serve")) {
  const context = await esbuild.context({
    ...common,
    entryPoints: ["dev/main.tsx"],
    outdir: "dev/out",
    sourcemap: true,
    write: false,
  });
  const { port } = await context.serve({ servedir: "dev", host: "127.0.0.1", port: 8123 });
  console.log(`dev page on http://127.0.0.1:${port}/`);
} else {
  const result = await esbuild.build({
    ...common,
    entryPoints: {
      studio: "src/widgets/studio.tsx",
      config: "src/widgets/config.tsx",
      progress: "src/widgets/progress.tsx",
      gallery: "src/widgets/gallery.tsx",
      batchgen: "src/styles/batchgen.css",
    },
    outdir: "../batchgen_widgets/static",
    minify: true,
    metafile: true,
    write: !process.argv.includes("--check"),
  });
  if (!process.argv.includes("--check")) {
    await writeFile(
      new URL("../batchgen_widgets/static/licenses.txt", import.meta.url),
      await licenses(result.metafile),
    );
  }
  const budget = JSON.parse(await readFile(new URL("budget.json", import.meta.url), "utf8"));
  let over = false;
  for (const [path, { bytes }] of Object.entries(result.metafile.outputs)) {
    const name = path.split("/").pop();
    const limit = budget[name];
    if (limit === undefined) throw new Error(`${name} has no budget; give it one in budget.json`);
    over ||= bytes > limit;
    console.log(
      `${name.padEnd(14)} ${String(bytes).padStart(7)} of ${limit} bytes${bytes > limit ? "  OVER BUDGET" : ""}`,
    );
  }
  if (over) process.exitCode = 1;
}
