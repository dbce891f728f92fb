import type { Page } from "../http/pagination.ts";
import type { routerStatus } from "../router/training-state.ts";
import { StateTag } from "./cluster-page.tsx";
import type { ClusterRow } from "./schemas.ts";
import { TREND_DAYS, TrendBars } from "./trend-bars.tsx";

interface Props {
  page: Page<ClusterRow>;
  router: Awaited<ReturnType<typeof routerStatus>>;
  /** As `2026-01-31`: all trends end with it, so that they can be compared. */
  today: string;
}

/** A name that is broken after its separators first, and within words only where nothing else helps. */
function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[_\-/.:])/).map((part) => (
    <>
      {part}
      <wbr />
    </>
  ));
}

/** Every type of query, those with the most failures first. */
export function ClustersPage({ page, router, today }: Props) {
  return (
    <>
      <h1>Types of query, by how often they fail</h1>
      <p class="hint">
        {router.version === null
          ? "The router is not trained yet. It learns automatically from failures that have a topic."
          : `The router knows ${router.topics} topics from ${router.examples} messages, trained ${router.trained_at?.slice(0, 16).replace("T", " ")} UTC.`}
      </p>
      {page.data.length === 0 ? (
        <p class="empty">
          No clusters yet. Send failures with a topic, or have failures corrected: the model then names their topics.
        </p>
      ) : (
        <table class="fields clusters">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col">State</th>
              <th scope="col">Failures</th>
              <th scope="col">Top failure category</th>
              <th scope="col">{`Last ${TREND_DAYS} days`}</th>
              <th scope="col">Last failure</th>
            </tr>
          </thead>
          <tbody>
            {page.data.map((row) => (
              <Row row={row} today={today} />
            ))}
          </tbody>
        </table>
      )}
      {page.next_cursor !== null && (
        <nav class="paging" aria-label="Pages">
          <a href={`/clusters?cursor=${encodeURIComponent(page.next_cursor)}`} rel="next">
            Next page
          </a>
        </nav>
      )}
    </>
  );
}

function Row({ row, today }: { row: ClusterRow; today: string }) {
  return (
    <tr>
      <td class="topic">
        <a href={`/clusters/${encodeURIComponent(row.topic)}`}>
          <Breakable text={row.topic} />
        </a>
      </td>
      <td data-label="State">
        <StateTag state={row.state} jump={row.jump} />
      </td>
      <td class="number" data-label="Failures">
        {row.failures}
      </td>
      <td data-label="Top failure category">
        <Breakable text={row.top_failure_category ?? "–"} />
      </td>
      <td class="trend small" data-label={`Last ${TREND_DAYS} days`}>
        <TrendBars trend={row.trend} until={today} />
      </td>
      <td data-label="Last failure">{row.last_failure_at?.slice(0, 10) ?? "–"}</td>
    </tr>
  );
}
