import type { Child } from "hono/jsx";
import { When } from "../ui/when.tsx";
import type { HealthOutput } from "./schemas.ts";

/** How everything is, on few lines; what somebody should look at stands first. */
export function HealthSection({ health }: { health: HealthOutput }) {
  const { problems, pace } = health;
  return (
    <section>
      <h2>Health</h2>
      {problems.length === 0 ? (
        <p class="verdict ok">Everything runs.</p>
      ) : (
        <ul class="warnings" role="status">
          {problems.map((problem) => (
            <li>{problem}</li>
          ))}
        </ul>
      )}
      <table class="fields">
        <tbody>
          <Row name="Corrections">{corrections(health)}</Row>
          {pace.map((lane) => (
            <Row name={`Pace of ${lane.model}`}>{paceOf(lane)}</Row>
          ))}
          <Row name="Queues">{queues(health)}</Row>
          <Row name="Database">{database(health)}</Row>
          <Row name="Router">{router(health)}</Row>
          <Row name="Last sweep">{health.sweep ? <When time={health.sweep.at} /> : "none seen"}</Row>
        </tbody>
      </table>
    </section>
  );
}

const UNKNOWN = "not known while the database does not answer";

function Row({ name, children }: { name: string; children: Child }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{children}</td>
    </tr>
  );
}

function corrections({ corrections: state }: HealthOutput): Child {
  if (state === undefined) return UNKNOWN;
  if (state.waiting === null) return "may begin";
  return (
    <>
      {state.waiting.reason} Next try: <When time={state.waiting.until} />.
    </>
  );
}

/** Where a pace comes from. */
const SOURCES = { set: "set by hand", stated: "as the provider says", learned: "learned" };

function paceOf({ paused_until: until, ...lane }: HealthOutput["pace"][number]): Child {
  const tokens = lane.tokens_per_minute === null ? "" : ` and ${lane.tokens_per_minute.toLocaleString("en")} tokens`;
  const pace = `${lane.calls_per_minute.toLocaleString("en")} calls${tokens} a minute, ${SOURCES[lane.source]}`;
  return (
    <>
      {`${pace}; ${lane.in_flight} under way, ${lane.waiting} waiting`}
      {until !== null && (
        <>
          . Paused until <When time={until} />.
        </>
      )}
    </>
  );
}

function queues({ queues: state }: HealthOutput): Child {
  if (state === undefined) return UNKNOWN;
  const { oldest_due_job: job, dead_letters: letters } = state;
  return (
    <>
      {job === null ? (
        "no job is due"
      ) : (
        <>
          the oldest job ({job.kind}) is due since <When time={job.due_at} />
        </>
      )}
      {"; "}
      <a href="/runs">{letters === 1 ? "1 dead letter" : `${letters} dead letters`}</a>
    </>
  );
}

function database({ database: { answers, ms, bytes } }: HealthOutput): Child {
  if (!answers) return "does not answer";
  return `answers within ${ms} ms${bytes === null ? "" : `; ${(bytes / 1e6).toFixed(1)} MB`}`;
}

function router({ router: state }: HealthOutput): Child {
  if (state === undefined) return UNKNOWN;
  if (state.trained_at === null) return "not trained yet: failures with topics train it";
  return (
    <>
      {`${state.topics} topics, trained `}
      <When time={state.trained_at} />
    </>
  );
}
