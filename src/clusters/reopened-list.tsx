import type { ReopenedOutput } from "./schemas.ts";

/** Clusters that were reopened, and which lessons should have prevented it. @param named whether each says its topic */
export function ReopenedList({ reopened, named }: { reopened: ReopenedOutput[]; named: boolean }) {
  if (reopened.length === 0) return null;
  return (
    <section>
      <h2>Reopened</h2>
      {reopened.map(({ topic, quiet_since, at, why }) => (
        <div class="reopened">
          <p>
            {named && <a href={`/clusters/${encodeURIComponent(topic)}`}>{topic}</a>}
            {`${named ? ": failed" : "Failed"} again on ${at.slice(0, 10)}; the last failure before was on ${quiet_since.slice(0, 10)}.`}
          </p>
          <ul>
            {why.map(({ failure_category, failures, lesson }) => (
              <li>
                {`${failures} × ${failure_category ?? "no failure category yet"}`}
                {lesson === null ? ": no lesson against it was served." : ": should have been prevented by the lesson "}
                {lesson !== null && <q>{lesson.text}</q>}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
