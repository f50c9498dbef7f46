/** The requests of a gallery that choose: columns to find by, the query, and the selection. */

import { RequestError } from "../src/state/link";
import type { AssetRecord } from "../src/state/wire.gen";
import { type Row, writeColumns } from "./columns";
import { bytes, type FakeKernel } from "./fakeKernel";

function rowOf(record: AssetRecord): Row {
  return {
    params: record.params,
    metrics: record.metrics,
    facts: {
      status: "completed",
      task: record.task_index,
      created: record.created_at,
      width: record.width,
      height: record.height,
      duration: record.duration,
      size: record.file_size,
      name: record.name,
    },
  };
}

/** Answer them for assets that only ever grow in number. */
export function answerChoices(kernel: FakeKernel, recordOf: (position: number) => AssetRecord): void {
  const total = () => kernel.trait("gallery").peek().total;
  const rows: Row[] = [];
  const known = () => {
    for (let position = rows.length; position < total(); position += 1) rows.push(rowOf(recordOf(position)));
    return rows;
  };
  kernel.on("assets.columns", ({ start, stop }) => writeColumns(known(), start, stop));
  kernel.on("query.set", ({ query }) => {
    const [row] = known();
    const fields = ["kind", "mark", ...Object.keys({ ...row?.params, ...row?.metrics, ...row?.facts })];
    for (const name of [...Object.keys(query.where), query.sort]) {
      if (name !== null && !fields.includes(name)) {
        throw new RequestError("ParameterError", `${name}: no asset has such a field; there are ${fields.join(", ")}`);
      }
    }
    kernel.set("query", query);
    return {};
  });
  kernel.on("assets.select", ({ positions, how }) => {
    const before = kernel.trait("asset_selected").peek();
    const chosen = new Set(positions);
    const codes = Array.from({ length: total() }, (_, position) => {
      const was = how !== "set" && position < before.byteLength && before.getUint8(position) === 1;
      return Number(chosen.has(position) ? how !== "remove" : was);
    });
    kernel.set("asset_selected", bytes(codes));
    return {};
  });
}
