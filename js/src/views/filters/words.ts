/** Conditions in words. */

import { shorten } from "../../state/describe";
import { formatValue } from "../../state/format";
import { type Condition, isRange } from "../../state/query";
import { fieldName } from "../gallery/words";

function valueText(field: string, group: string | undefined, value: string | number | boolean | null): string {
  if (value === "") return "(empty)";
  if (typeof value === "number" && field === "created" && group === "field") {
    return new Date(1000 * value).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  }
  return typeof value === "string" ? shorten(value) : formatValue(value);
}

/** "steps 20 or 30", "cfg scale 4 to 8", "clip score from 0.3". */
export function conditionText(field: string, group: string | undefined, condition: Condition): string {
  const name = fieldName(field, group);
  const text = (value: string | number | boolean | null) => valueText(field, group, value);
  if (isRange(condition)) {
    const { low, high } = condition;
    if (low !== null && high !== null) return `${name} ${text(low)} to ${text(high)}`;
    if (low !== null) return `${name} from ${text(low)}`;
    return high === null ? `any ${name}` : `${name} up to ${text(high)}`;
  }
  const { values } = condition;
  if (values.length > 3) return `${name}: ${values.length} values`;
  return values.length ? `${name} ${values.map(text).join(" or ")}` : `${name}: no value`;
}
