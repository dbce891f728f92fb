import { excerpt } from "../lib/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Facts } from "../ui/facts.tsx";
import { signed } from "../ui/gain.tsx";
import { GuidanceForm } from "./guidance-form.tsx";
import { Lift } from "./lift-parts.tsx";
import { ReopenedList } from "./reopened-list.tsx";
import type { ClusterDetail, ClusterRow } from "./schemas.ts";
import { TREND_DAYS, TrendBars } from "./trend-bars.tsx";

/** @param today as `2026-01-31` */
export function ClusterPage({ cluster, today }: { cluster: ClusterDetail; today: string }) {
  return (
    <>
      <h1>
        {cluster.topic} <StateTag state={cluster.state} jump={cluster.jump} />
      </h1>
      <Facts
        as="totals"
        facts={{ failures: cluster.failures, improved: cluster.improved, "mean gain": signed(cluster.mean_gain) }}
      />
      <Trend trend={cluster.trend} today={today} last={cluster.last_failure_at} />
      <p class="links">
        <a href={`/learning?topic=${encodeURIComponent(cluster.topic)}`}>Is it really learning? By week</a>
      </p>
      <ReopenedList reopened={cluster.reopened === null ? [] : [cluster.reopened]} named={false} />
      <Categories categories={cluster.failure_categories} />
      <Outcomes cluster={cluster} />
      <GuidanceForm cluster={cluster} />
      <Examples examples={cluster.examples} />
      {cluster.changes.length > 0 && (
        <section>
          <h2>Changes</h2>
          <ul>
            {cluster.changes.map((change) => (
              <li>{`${change.at.slice(0, 10)} ${changeText(change)} (${change.actor})`}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

export function StateTag({ state, jump }: Pick<ClusterRow, "state" | "jump">) {
  return (
    <>
      <span class={`tag state-${state}`}>{state}</span>
      {jump && <span class="tag jump">jump</span>}
    </>
  );
}

/** Failures per day, as bars, up to today. */
function Trend({ trend, today, last }: Pick<ClusterDetail, "trend"> & { today: string; last: string | null }) {
  if (trend.length === 0) {
    const before = last === null ? "" : ` The last one occurred on ${last.slice(0, 10)}.`;
    return <p class="hint">{`No failure in the last ${TREND_DAYS} days.${before}`}</p>;
  }
  const most = Math.max(...trend.map(({ failures }) => failures));
  return (
    <figure class="trend">
      <TrendBars trend={trend} until={today} />
      <figcaption class="hint">{`Failures per day, the ${TREND_DAYS} days up to today, ${today}; at most ${most} a day.`}</figcaption>
    </figure>
  );
}

const CATEGORY_COLUMNS: Column<ClusterDetail["failure_categories"][number]>[] = [
  { name: "Failure category", head: true, cell: ({ failure_category }) => failure_category },
  { name: "Share", cell: ({ share }) => percent(share) },
  { name: "Failures", cell: ({ count }) => count },
  { name: "Compared with average", cell: ({ lift }) => `× ${lift.toFixed(1)}` },
];

function Categories({ categories }: { categories: ClusterDetail["failure_categories"] }) {
  if (categories.length === 0) return null;
  return (
    <section>
      <h2>Why it fails</h2>
      <DataTable class="numbers" columns={CATEGORY_COLUMNS} rows={categories} />
    </section>
  );
}

function Outcomes({ cluster: { lift, guidance_switched_off } }: { cluster: ClusterDetail }) {
  return (
    <section>
      <h2>Does it help?</h2>
      {guidance_switched_off && (
        <p class="error" role="alert">
          Guided conversations failed more often: this guidance is switched off. Prompts go out plain, but for one
          conversation in ten; what follows is about those since, and switches it on again where it helps. Save the
          lessons below, changed or not, to switch it on yourself and count from zero.
        </p>
      )}
      <Lift lift={lift} />
    </section>
  );
}

type Change = ClusterDetail["changes"][number];

/** What happened, in words. */
function changeText({ kind, detail }: Change): string {
  if (kind === "switched_off") return "guidance switched off: it did harm";
  if (kind === "switched_on") return "guidance switched on again: it helps";
  if (kind === "lesson_retired") return "a lesson retired: it did harm";
  return `${kind}: ${detail.from} → ${detail.to ?? detail.into}`;
}

const SHOWN_CHARACTERS = 300;

function Examples({ examples }: Pick<ClusterDetail, "examples">) {
  if (examples.length === 0) return null;
  return (
    <section>
      <h2>Best examples</h2>
      <div class="side-by-side">
        {examples.map(({ customer_message, reply, score_gain_estimate }) => (
          <section class="text">
            <p class="hint">{`${excerpt(customer_message, SHOWN_CHARACTERS)} (gain ${signed(score_gain_estimate)})`}</p>
            <p class="whole">{excerpt(reply, SHOWN_CHARACTERS)}</p>
          </section>
        ))}
      </div>
    </section>
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
