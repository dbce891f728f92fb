import type { LiftOutput } from "../experiments/schemas.ts";
import type { Page } from "../http/pagination.ts";
import type { routerStatus } from "../router/training-state.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { StateTag } from "./cluster-page.tsx";
import { Lift } from "./lift-parts.tsx";
import type { ClusterRow } from "./schemas.ts";
import { TREND_DAYS, TrendBars } from "./trend-bars.tsx";

interface Props {
  page: Page<ClusterRow>;
  router: Awaited<ReturnType<typeof routerStatus>>;
  lift: LiftOutput;
  today: string;
}

const LIFT_SUMMARIES: Record<LiftOutput["verdict"], string> = {
  helps: "Yes",
  harms: "No, it does harm",
  not_known: "Not known yet",
  split_failed: "No saying: the split is not as it should be",
};

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
export function ClustersPage({ page, router, lift, today }: Props) {
  return (
    <>
      <h1>Types of query, by how often they fail</h1>
      <p class="hint">
        {router.version === null
          ? "The router is not trained yet. It learns automatically from failures that have a topic."
          : `The router knows ${router.topics} topics from ${router.examples} messages, trained ${router.trained_at?.slice(0, 16).replace("T", " ")} UTC.`}
      </p>
      <details>
        <summary>{`Does guidance help, over all? ${LIFT_SUMMARIES[lift.verdict]}`}</summary>
        <Lift lift={lift} />
      </details>
      {page.data.length === 0 ? (
        <p class="empty">
          No clusters yet. Send failures with a topic, or have failures corrected: the model then names their topics.
        </p>
      ) : (
        <DataTable class="fields clusters" columns={columnsUntil(today)} rows={page.data} />
      )}
      <NextPage path="/clusters" cursor={page.next_cursor} />
    </>
  );
}

/** @param today as `2026-01-31`: all trends end with it, so that they can be compared */
const columnsUntil = (today: string): Column<ClusterRow>[] => [
  {
    name: "Topic",
    head: true,
    class: "topic",
    cell: ({ topic }) => (
      <a href={`/clusters/${encodeURIComponent(topic)}`}>
        <Breakable text={topic} />
      </a>
    ),
  },
  { name: "State", cell: ({ state, jump }) => <StateTag state={state} jump={jump} /> },
  { name: "Failures", number: true, cell: ({ failures }) => failures },
  {
    name: "Top failure category",
    cell: ({ top_failure_category }) => <Breakable text={top_failure_category ?? "–"} />,
  },
  {
    name: `Last ${TREND_DAYS} days`,
    class: "trend small",
    cell: ({ trend }) => <TrendBars trend={trend} until={today} />,
  },
  { name: "Last failure", cell: ({ last_failure_at }) => last_failure_at?.slice(0, 10) ?? "–" },
];
