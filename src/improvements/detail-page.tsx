import type { JudgeSample } from "../db/schema.ts";
import { Gain, Rating } from "../ui/gain.tsx";
import { When } from "../ui/when.tsx";
import type { getImprovement } from "./queries.ts";

type Improvement = NonNullable<Awaited<ReturnType<typeof getImprovement>>>;

export function DetailPage({ improvement }: { improvement: Improvement }) {
  return (
    <article class="detail">
      <h1>
        <Gain gain={improvement.score_gain_estimate} spread={improvement.gain_spread} />{" "}
        {improvement.topic ?? "No topic"}
      </h1>
      <Facts improvement={improvement} />
      {improvement.conversation !== null && (
        <Text title="Earlier turns">
          {improvement.conversation
            .map(({ role, content }) => `${role === "user" ? "Customer" : "AI"}: ${content}`)
            .join("\n\n")}
        </Text>
      )}
      <Text title="Prompt">{improvement.original_prompt}</Text>
      {improvement.failure_explanation !== null && (
        <Text title="Why the reply failed">{improvement.failure_explanation}</Text>
      )}
      <div class="side-by-side">
        <Text title="Old reply" rating={improvement.old_rating}>
          {improvement.original_reply}
        </Text>
        <Text title="Improved reply" rating={improvement.new_rating}>
          {improvement.corrected_reply}
        </Text>
        <Text title="Agent's reply">{improvement.agent_reply}</Text>
      </div>
      {improvement.judgement !== null && (
        <section>
          <h2>What the judge said</h2>
          <p class="hint">
            Each reply was rated by itself; the judge was not told which one is new. The agent's reply served it as one
            acceptable answer, and the rewriting model saw that reply too: the gain is an estimate.
          </p>
          <Samples title="Old reply" samples={improvement.judgement.old} />
          <Samples title="Improved reply" samples={improvement.judgement.new} />
        </section>
      )}
    </article>
  );
}

function Facts({ improvement }: { improvement: Improvement }) {
  const facts = [
    ["Failure category", improvement.failure_category],
    ["Rewritten by", improvement.model],
    ["Judged by", improvement.judge_model],
    ["Review", improvement.review_status],
    [
      "Version",
      improvement.is_current ? String(improvement.version) : `${improvement.version}, replaced by a newer one`,
    ],
  ];
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      <div>
        <dt>Made</dt>
        <dd>
          <When time={improvement.created_at} />
        </dd>
      </div>
      {improvement.context_url !== null && (
        <div>
          <dt>Context</dt>
          <dd>
            <a href={improvement.context_url} rel="noopener noreferrer nofollow">
              Message in helpdesk
            </a>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Text({ title, rating, children }: { title: string; rating?: number | null; children: string }) {
  return (
    <section class="text">
      <h2>
        {title} {rating !== undefined && <Rating rating={rating} />}
      </h2>
      <p class="whole">{children}</p>
    </section>
  );
}

function Samples({ title, samples }: { title: string; samples: JudgeSample[] }) {
  if (samples.length === 0) return <p>{`${title}: the judge gave no usable answer.`}</p>;
  return (
    <ul class="samples">
      {samples.map(({ rating, accuracy, completeness, tone, reasons }) => (
        <li>
          <strong>{`${title}: ${Math.round(rating)}`}</strong>
          {` (accuracy ${accuracy}, completeness ${completeness}, tone ${tone}). `}
          {reasons}
        </li>
      ))}
    </ul>
  );
}
