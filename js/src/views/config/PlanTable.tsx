/** The first tasks of a plan. */

import { formatCount, formatValue } from "../../state/format";
import type { GeneratorSpec, PlanPreview } from "../../state/wire.gen";

export function PlanTable({ plan, generator }: { plan: PlanPreview; generator: GeneratorSpec | null }) {
  const title = (column: string) => generator?.parameters.find(({ name }) => name === column)?.label ?? column;
  const more = plan.count - plan.rows.length;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that may scroll must be reachable by keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: the section element would add a landmark to the notebook's page */}
      <div class="bgw-plan-scroll" role="group" aria-label="First tasks" tabIndex={0}>
        <table class="bgw-plan-table bgw-number">
          <thead>
            <tr>
              <th scope="col">Task</th>
              {plan.columns.map((column) => (
                <th scope="col" key={column}>
                  {title(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {plan.rows.map((row, at) => (
              <tr key={at}>
                <td>{at}</td>
                {plan.columns.map((column) => (
                  <td key={column} title={formatValue(row[column])}>
                    {formatValue(row[column])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p class="bgw-small bgw-muted">and {formatCount(more)} more</p>}
    </>
  );
}
