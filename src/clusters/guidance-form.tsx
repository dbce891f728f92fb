import { lessonText } from "./lift-parts.tsx";
import type { ClusterDetail } from "./schemas.ts";

type Lesson = ClusterDetail["guidance"][number];

/** An empty line for a new lesson is always there. */
const NEW_LESSON: Lesson = {
  id: null,
  text: "",
  failure_category: null,
  pinned: false,
  source: null,
  effect: null,
  evidence: [],
};

/** The lessons of a cluster, to be edited. */
export function GuidanceForm({ cluster }: { cluster: ClusterDetail }) {
  const lessons = cluster.guidance.filter(({ id }) => id !== null);
  const explanations = cluster.guidance.filter(({ id }) => id === null);
  return (
    <section>
      <h2>Guidance</h2>
      <Waiting cluster={cluster} />
      {explanations.length > 0 && (
        <>
          <p class="hint">No lessons yet: these explanations are used as they are.</p>
          <ul>
            {explanations.map(({ text, failure_category }) => (
              <li>
                {text} {failure_category !== null && <span class="tag">{failure_category}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      <form class="lessons" method="post" action={`/clusters/${encodeURIComponent(cluster.topic)}/guidance`}>
        <input type="hidden" name="version" value={String(cluster.guidance_version)} />
        {[...lessons, NEW_LESSON].map((lesson) => (
          <LessonFields lesson={lesson} />
        ))}
        <button type="submit">Save lessons</button>
      </form>
    </section>
  );
}

const WAITS_FOR: Record<ClusterDetail["waiting"][number]["waits_for"], string> = {
  evidence: "Waits for evidence from a second customer, or for approval",
  approval: "Waits for approval",
  place: "Waits for a place: all 12 are taken",
};

/** Lessons that the model wrote and no prompt gets yet. */
function Waiting({ cluster: { topic, waiting, lessons_refused } }: { cluster: ClusterDetail }) {
  return (
    <>
      {lessons_refused > 0 && (
        <p class="hint">
          {`${lessons_refused} of the model's lessons refused: they held links, contacts, amounts, commands or a customer's words.`}
        </p>
      )}
      {waiting.map(({ id, text, failure_category, waits_for, customers }) => (
        <form class="waiting" method="post" action={`/clusters/${encodeURIComponent(topic)}/lessons/${id}`}>
          <p>
            {text} {failure_category !== null && <span class="tag">{failure_category}</span>}
          </p>
          <p class="hint">{`${WAITS_FOR[waits_for]}. Customers so far: ${customers}.`}</p>
          <button type="submit" name="decision" value="approve">
            Approve
          </button>{" "}
          <button type="submit" name="decision" value="reject">
            Reject
          </button>
        </form>
      ))}
    </>
  );
}

function LessonFields({ lesson }: { lesson: Lesson }) {
  return (
    <fieldset>
      <input type="hidden" name="id" value={lesson.id ?? ""} />
      <label>
        {lesson.id === null ? "New lesson" : "Lesson (empty it to retire it)"}
        <textarea name="text" rows={2} maxlength={400}>
          {lesson.text}
        </textarea>
      </label>
      <label>
        Failure category
        <input name="failure_category" value={lesson.failure_category ?? ""} maxlength={100} />
      </label>
      <label>
        Pinned
        <select name="pinned">
          <option value="no">No</option>
          <option value="yes" selected={lesson.pinned}>
            Yes: first in prompts, never changed by the model
          </option>
        </select>
      </label>
      {lesson.id !== null && (
        <p class="hint">{`${lesson.pinned ? "Pinned, so it is never left out to see what it does." : lessonText(lesson.effect)} Learned from ${lesson.evidence.length} failures.`}</p>
      )}
    </fieldset>
  );
}
