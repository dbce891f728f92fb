import { ReopenedList } from "../clusters/reopened-list.tsx";
import { DAY, toRfc3339, WEEK } from "../lib/time.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { When } from "../ui/when.tsx";
import type { Learning, LearningWeek } from "./schemas.ts";
import { describeRelease, WeekChart } from "./week-chart.tsx";
import { MOST_WEEKS } from "./weeks.ts";

/** Whether it learns: by week, for all topics or one. */
export function LearningPage({ learning }: { learning: Learning }) {
  const { topic, weeks } = learning;
  const isEmpty = weeks.every(({ failures, prompts, outcomes }) => failures + (prompts ?? 0) + outcomes === 0);
  return (
    <>
      <h1>{topic === null ? "Is it really learning?" : `Is it really learning: ${topic}`}</h1>
      <Choice learning={learning} />
      {isEmpty ? <Nothing topic={topic} /> : <Weeks learning={learning} />}
    </>
  );
}

function Choice({ learning: { topic, weeks, since } }: { learning: Learning }) {
  const longest = weeks.length === MOST_WEEKS;
  const from = toRfc3339(Date.parse(since) - (MOST_WEEKS - weeks.length) * WEEK);
  const named = topic === null ? "" : `topic=${encodeURIComponent(topic)}`;
  const longer = `/learning?${named}${named && "&"}since=${encodeURIComponent(from)}`;
  return (
    <>
      <form class="filters topic-form" method="get" action="/learning">
        <label>
          Topic
          <input name="topic" value={topic ?? ""} maxlength={200} placeholder="all topics" />
        </label>
        <button type="submit">Show</button>
      </form>
      <p class="links">
        {topic !== null && <a href="/learning">All topics</a>}
        {topic !== null && <a href={`/clusters/${encodeURIComponent(topic)}`}>This type of query</a>}
        {longest ? <a href={`/learning?${named}`}>The last quarter</a> : <a href={longer}>The last half year</a>}
      </p>
    </>
  );
}

function Nothing({ topic }: Pick<Learning, "topic">) {
  return (
    <p class="empty">
      {topic === null
        ? "Nothing to show in these weeks. Record failures (POST /v1/failures), and have your bot ask for its prompts here (POST /v1/prompts or /v1/chat/completions): from then on this page shows, week by week, whether failures get rarer."
        : "No failure of this topic occurred in these weeks, and no prompt was asked for it. Look further back, or at all topics."}
    </p>
  );
}

function Weeks({ learning }: { learning: Learning }) {
  const { weeks, topic, reopened, recurring, releases } = learning;
  const isCounted = weeks.some(({ prompts }) => prompts !== null);
  const isReported = weeks.some(({ changed_share }) => changed_share !== null);
  return (
    <>
      <Charts learning={learning} isCounted={isCounted} isReported={isReported} />
      <Remarks learning={learning} isCounted={isCounted} isReported={isReported} />
      <DataTable class="numbers compared" columns={WEEK_COLUMNS} rows={weeks.toReversed()} />
      <ReopenedList reopened={reopened} named={topic === null} />
      {recurring.length > 0 && (
        <section>
          <h2>Lessons that did not prevent it</h2>
          <p class="hint">
            Topics with most failures in these weeks for which a lesson against their very category was served.
          </p>
          <DataTable class="numbers compared" columns={RECURRING_COLUMNS} rows={recurring} />
        </section>
      )}
      {releases.length > 0 && (
        <details>
          <summary>{`What changed in these weeks (${learning.releases_left_off ? "the newest " : ""}${releases.length})`}</summary>
          <ul class="samples">
            {releases.map((release) => (
              <li>
                <When time={release.at} />
                {`: ${describeRelease(release)}`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface Shown {
  learning: Learning;
  isCounted: boolean;
  isReported: boolean;
}

function Charts({ learning, isCounted, isReported }: Shown) {
  const { weeks } = learning;
  return (
    <div class="week-charts">
      {isCounted && (
        <WeekChart
          title="Failures per 1,000 prompts"
          caption="Line: 95% interval. Grey: not known."
          learning={learning}
          format={oneDecimal}
          weeks={weeks.map(({ week, failures_per_1000_prompts: rate }) => ({
            ...rate,
            value: rate?.value ?? null,
            label: `Week of ${week}: ${rate ? `${oneDecimal(rate.value)} (${interval(rate, oneDecimal)})` : "not known"}`,
          }))}
        />
      )}
      {isReported && (
        <WeekChart
          title="Share of AI replies that agents changed"
          caption="Line: 95% interval. Grey: none reported."
          learning={learning}
          format={percent}
          weeks={weeks.map(({ week, changed_share: share }) => ({
            ...share,
            value: share?.value ?? null,
            label: `Week of ${week}: ${share ? `${percent(share.value)} (${interval(share, percent)})` : "not known"}`,
          }))}
        />
      )}
      <WeekChart
        title="Failures"
        caption="Red: recurrences, though a lesson against them was served."
        learning={learning}
        format={String}
        weeks={weeks.map(({ week, failures, recurrences }) => ({
          ...{ value: failures, part: recurrences },
          label: `Week of ${week}: ${failures} failures, ${recurrences} of them recurrences`,
        }))}
      />
      <p class="axis hint">
        <span>{weeks[0]?.week}</span>
        <span class="legend">
          <i class="key" /> lessons changed <i class="key model" /> model changed
        </span>
        <span>this week</span>
      </p>
    </div>
  );
}

function Remarks({ learning: { late_days, weeks, bunching }, isCounted, isReported }: Shown) {
  const unsettled = weeks.filter(({ over, settled }) => over && !settled).length;
  return (
    <ul class="hint samples">
      {!isCounted && (
        <li>
          Prompts are not known in these weeks, so neither are rates: have your bot ask for its prompts here (POST
          /v1/prompts or /v1/chat/completions).
        </li>
      )}
      {!isReported && (
        <li>
          The share of replies that agents changed is not known: report to POST /v1/outcomes also the replies that did
          not fail.
        </li>
      )}
      {late_days !== null && (
        <li>
          {`A failure counts in the week in which it occurred. Nine of ten were recorded within ${late_days} days`}
          {unsettled > 0 ? `, so the last ${unsettled + 1} weeks may still grow (marked *).` : "."}
        </li>
      )}
      {isCounted && bunching > 1 && (
        <li>{`Some customers have several failures in a week, so failures scatter ${bunching} times more than single ones would; the intervals allow for it.`}</li>
      )}
      <li>
        A rise or fall after a release does not show that the release caused it: customers and seasons change too.
        Whether guidance helps is tested on each <a href="/clusters">type of query</a>.
      </li>
    </ul>
  );
}

const oneDecimal = (value: number) => value.toFixed(1);
const percent = (value: number) => `${(value * 100).toFixed(1)}%`;

function interval({ low, high }: { low: number; high: number }, format: (value: number) => string): string {
  return `${format(low)} to ${format(high)}`;
}

type Estimated = LearningWeek["changed_share"];

function estimated(estimate: Estimated, format: (value: number) => string) {
  if (estimate === null) return "not known";
  return (
    <>
      {format(estimate.value)}
      <span class="interval">{interval(estimate, format)}</span>
    </>
  );
}

const WEEK_COLUMNS: Column<LearningWeek>[] = [
  {
    name: "Week",
    head: true,
    cell: ({ week, over, settled }) =>
      `${week} to ${lastDay(week)}${over ? "" : ", not over"}${over && !settled ? " *" : ""}`,
  },
  {
    name: "Prompts",
    cell: ({ prompts, prompts_from }) => (
      <>
        {prompts ?? "not known"}
        {prompts_from !== null && <span class="interval">{`from ${prompts_from} on`}</span>}
      </>
    ),
  },
  { name: "Failures", cell: ({ failures }) => failures },
  { name: "Per 1,000 prompts", cell: ({ failures_per_1000_prompts: rate }) => estimated(rate, oneDecimal) },
  {
    name: "Changed by agents",
    cell: ({ changed_share, outcomes }) => (
      <>
        {estimated(changed_share, percent)}
        {outcomes > 0 && <span class="interval">{`of ${outcomes} reported`}</span>}
      </>
    ),
  },
  {
    name: "Recurrences",
    cell: ({ recurrences, recurrences_without_lesson: without }) => (
      <>
        {recurrences}
        {without > 0 && <span class="interval">{`${without} without the lesson`}</span>}
      </>
    ),
  },
];

function lastDay(week: string): string {
  return toRfc3339(Date.parse(week) + WEEK - DAY).slice(5, 10);
}

const RECURRING_COLUMNS: Column<Learning["recurring"][number]>[] = [
  {
    name: "Topic",
    head: true,
    cell: ({ topic }) => <a href={`/learning?topic=${encodeURIComponent(topic)}`}>{topic}</a>,
  },
  { name: "Recurrences", cell: ({ recurrences }) => recurrences },
  { name: "Known to be without the lesson", cell: ({ recurrences_without_lesson }) => recurrences_without_lesson },
];
