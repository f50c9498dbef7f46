/** Fields in words. */

import { formatName } from "../../state/describe";

const FACTS: Readonly<Record<string, string>> = {
  task: "task number",
  created: "time created",
  duration: "length in seconds",
  size: "file size",
  name: "file name",
};

/** What a field is called. Facts have names of their own, unless a parameter or a metric took the name. */
export function fieldName(name: string, group: string | undefined): string {
  return (group === "field" && FACTS[name]) || formatName(name);
}
