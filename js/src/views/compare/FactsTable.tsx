/** What tells the assets apart, and folded away what they share. */

import type { AssetRecord } from "../../state/wire.gen";
import { compareRecords } from "./facts";

interface FactsTableProps {
  /** In the order of the panes; the first is what the others are held against. */
  records: readonly (AssetRecord | null | undefined)[];
}

export function FactsTable({ records }: FactsTableProps) {
  const known = records.filter((record): record is AssetRecord => record != null);
  if (known.length < records.length) {
    return <p class="bgw-muted">{records.includes(null) ? "There is no record of some of these." : "Loading"}</p>;
  }
  const { differing, same } = compareRecords(known);
  return (
    <>
      <table class="bgw-compare-table" style={{ "--bgw-assets": known.length }}>
        <caption class="bgw-subtitle">
          {differing.length
            ? "What differs"
            : "Nothing but the pixels differs: all parameters and metrics are the same."}
        </caption>
        {differing.length > 0 && (
          <>
            <thead>
              <tr>
                <td />
                {known.map(({ position, name }, at) => (
                  <th key={position} scope="col" title={name}>
                    <span class="bgw-compare-number">{at + 1}</span>
                    <span class="bgw-sr-only">{name}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {differing.map(({ label, values }) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  {values.map((value, at) => (
                    <td key={known[at]?.position} class={at && value !== values[0] ? "bgw-is-other" : undefined}>
                      {value ?? <span class="bgw-muted">none</span>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </>
        )}
      </table>
      {same.length > 0 && (
        <details class="bgw-compare-same">
          <summary>Same in all ({same.length})</summary>
          <dl>
            {same.map(({ label, values }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{values[0]}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}
