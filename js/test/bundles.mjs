/** Gives tests what a kernel would serve. */

import { bundle } from "../bundles.mjs";

export default async function setup(project) {
  const { files } = await bundle();
  project.provide("bundles", Object.fromEntries(files));
}
