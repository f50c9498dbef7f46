/**
 * The bundle of the JupyterLab extension, as JupyterLab takes in prebuilt ones: a script that registers a container, which is handed the
 * modules that all extensions share and gives the extension's own.
 *
 * The script is small and plain; what it gives is an ES module beside it, which brings the views when the first of them is shown. Names of
 * files carry a hash of what is in them, since a browser keeps them.
 */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

/** What the extension takes from the JupyterLab that loads it, and the versions that it works with. */
const HOST = {
  "@jupyterlab/application": "^4.4.0",
  "@jupyterlab/apputils": "^4.5.0",
  "@jupyterlab/docregistry": "^4.4.0",
  "@jupyterlab/notebook": "^4.4.0",
  "@jupyterlab/services": "^7.4.0",
  "@jupyterlab/settingregistry": "^4.4.0",
  "@jupyterlab/statusbar": "^4.4.0",
  "@jupyterlab/translation": "^4.4.0",
  "@jupyterlab/ui-components": "^4.4.0",
  "@lumino/coreutils": "^2.0.0",
  "@lumino/messaging": "^2.0.0",
  "@lumino/signaling": "^2.0.0",
  "@lumino/widgets": "^2.0.0",
};

const NAME = "batchgen-widgets";
const SHARED = `globalThis[Symbol.for(${JSON.stringify(`${NAME}.shared`)})]`;

/** A module of the host is looked up where the container put it. */
const hostModules = {
  name: "modules of the host",
  setup(build) {
    build.onResolve({ filter: /^@(jupyterlab|lumino)\// }, ({ path, importer }) => {
      if (!(path in HOST)) throw new Error(`${importer} imports ${path}, which HOST in lab.mjs does not name`);
      return { path, namespace: "host" };
    });
    build.onLoad({ filter: /./, namespace: "host" }, ({ path }) => ({
      contents: `module.exports = ${SHARED}[${JSON.stringify(path)}];`,
      loader: "js",
    }));
  },
};

/** The script that JupyterLab loads. Of each shared module there it takes the newest: its own packages are there once. */
function container(entry, taken) {
  return `(() => {
  let scope = {};
  const newest = (a, b) => b.localeCompare(a, "en", { numeric: true });
  const take = async name => {
    const versions = scope[name] ?? {};
    const [version] = Object.keys(versions).sort(newest);
    return [name, version === undefined ? {} : (await versions[version].get())()];
  };
  const here = new URL(".", document.currentScript.src);
  (window._JUPYTERLAB ??= {})[${JSON.stringify(NAME)}] = {
    init(given) { scope = given; },
    async get() {
      ${SHARED} ??= Object.fromEntries(await Promise.all(${JSON.stringify(taken)}.map(take)));
      const extension = await import(new URL(${JSON.stringify(entry)}, here));
      // JupyterLab writes a name on what it is given, which a module's own namespace refuses.
      return () => ({ __esModule: true, ...extension });
    },
  };
})();
`;
}

const hashOf = (text) => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** The files that come with one, without anybody asking for more. */
function closure(name, outputs, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const { path, kind } of outputs[name].imports) if (kind === "import-statement") closure(path, outputs, found);
  return found;
}

/**
 * Build the extension: `files` are the names and contents of its directory, `start` those that JupyterLab loads when it starts, `inputs`
 * what all were made of.
 *
 * @param build esbuild's, with what all bundles agree on; takes more options.
 * @param plugins more of them, for the sources.
 */
export async function buildLab(build, plugins) {
  const { outputFiles, metafile } = await build({
    entryPoints: { extension: "src/lab/index.ts" },
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    outdir: "out",
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    plugins: [...plugins, hostModules],
  });
  const placeOf = (path) => `static/${path.split(/[\\/]/).pop()}`;
  const files = new Map(outputFiles.map(({ path, text }) => [placeOf(path), text]));
  const [output] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === "src/lab/index.ts");
  const entry = placeOf(output);
  const taken = Object.keys(metafile.inputs).flatMap((input) => (input.startsWith("host:") ? [input.slice(5)] : []));
  const script = container(entry.replace("static/", "./"), taken.sort());
  const load = `static/remoteEntry.${hashOf(script)}.js`;
  files.set(load, script);
  const schemas = await readdir(new URL("schema/", import.meta.url));
  for (const schema of schemas) {
    files.set(`schemas/${NAME}/${schema}`, await readFile(new URL(`schema/${schema}`, import.meta.url), "utf8"));
  }
  const { version, description, license } = JSON.parse(
    await readFile(new URL("package.json", import.meta.url), "utf8"),
  );
  const manifest = {
    name: NAME,
    version,
    description,
    license,
    dependencies: Object.fromEntries(taken.map((name) => [name, HOST[name]])),
    jupyterlab: { extension: true, schemaDir: "schemas", _build: { load, extension: "./extension" } },
  };
  const install = {
    packageManager: "python",
    packageName: "batchgen-widgets",
    uninstallInstructions: "pip uninstall batchgen-widgets",
  };
  files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  files.set("install.json", `${JSON.stringify(install, null, 2)}\n`);
  const start = new Set([load, ...[...closure(output, metafile.outputs)].map(placeOf)]);
  return { files, start, inputs: Object.keys(metafile.inputs).filter((input) => !input.includes(":")) };
}
