import { signed } from "../ui/gain.tsx";
import type { Credit } from "./schemas.ts";

/** Rows of a credit table on the page; the API has more. */
const CREDIT_ROWS = 10;

/** What was gained, by failure category and by agent. */
export function CreditTables({ credit }: { credit: Credit }) {
  const tables = [
    {
      title: "Gained by failure category",
      rows: credit.by_failure_category.map(({ failure_category, ...row }) => ({ name: failure_category, ...row })),
    },
    {
      title: "Gained from agents' replies",
      rows: credit.by_agent.map(({ agent, ...row }) => ({ name: agent, ...row })),
    },
  ].filter(({ rows }) => rows.length > 0);
  return (
    <div class="side-by-side">
      {tables.map(({ title, rows }) => (
        <table class="numbers">
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Replies</th>
              <th scope="col">Mean gain</th>
              <th scope="col">Points</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, CREDIT_ROWS).map((row) => (
              <tr>
                <th scope="row">{row.name}</th>
                <td>{row.improvements}</td>
                <td>{row.mean_gain === null ? "–" : signed(row.mean_gain)}</td>
                <td>{signed(row.points)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}
