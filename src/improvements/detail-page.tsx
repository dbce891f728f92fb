import type { Comparison, JudgeSample } from "../db/schema/judge.ts";
import { toRfc3339 } from "../lib/time.ts";
import { Facts } from "../ui/facts.tsx";
import { Gain } from "../ui/gain.tsx";
import { TextSection } from "../ui/text-section.tsx";
import { When } from "../ui/when.tsx";
import { exportState, GuardWarnings, HelpdeskLink, PAIRWISE_WORDS, RatedText } from "./improvement-parts.tsx";
import type { ExportRule } from "./is-exportable.ts";
import type { ImprovementDetail } from "./queries.ts";

const WITHDRAWN = { goesIn: false, sentence: "Withdrawn: it counts nowhere, and stays out of training files." };

export function DetailPage({ improvement, rule }: { improvement: ImprovementDetail; rule: ExportRule }) {
  const { goesIn, sentence } = improvement.withdrawn ? WITHDRAWN : exportState(improvement, rule);
  return (
    <article class="detail">
      <h1>
        <Gain gain={improvement.score_gain_estimate} spread={improvement.gain_spread} />{" "}
        {improvement.topic ?? "No topic"}
      </h1>
      <About improvement={improvement} />
      <p class={`export-state ${goesIn ? "yes" : "no"}`}>
        {goesIn && improvement.edited
          ? "Goes into training files, on the word of the person who edited and approved it."
          : sentence}{" "}
        {improvement.is_current || improvement.withdrawn
          ? ""
          : "A newer version has replaced it, which counts instead."}
      </p>
      {improvement.edited && (
        <p class="notice-inline">
          A person changed the improved reply after it was judged: ratings, gain and comparison are those of the text
          before.
        </p>
      )}
      <GuardWarnings findings={improvement.guard_findings} />
      {improvement.conversation !== null && (
        <TextSection title="Earlier turns">
          {improvement.conversation
            .map(({ role, content }) => `${role === "user" ? "Customer" : "AI"}: ${content}`)
            .join("\n\n")}
        </TextSection>
      )}
      <TextSection title="Prompt">{improvement.original_prompt}</TextSection>
      {improvement.failure_explanation !== null && (
        <TextSection title="Why the reply failed">{improvement.failure_explanation}</TextSection>
      )}
      <div class="side-by-side">
        <RatedText title="Old reply" rating={improvement.old_rating}>
          {improvement.original_reply}
        </RatedText>
        {improvement.edited ? (
          <TextSection title="Improved reply, edited since">{improvement.corrected_reply}</TextSection>
        ) : (
          <RatedText title="Improved reply" rating={improvement.new_rating}>
            {improvement.corrected_reply}
          </RatedText>
        )}
        <TextSection title="Agent's reply">{improvement.agent_reply}</TextSection>
      </div>
      <Judged improvement={improvement} />
      <Reviews improvement={improvement} />
    </article>
  );
}

function Judged({ improvement: { judgement, pairwise, model, judge_model } }: { improvement: ImprovementDetail }) {
  if (judgement === null) return null;
  return (
    <section>
      <h2>What the judge said</h2>
      <p class="hint">
        Each reply was rated separately; the judge did not know which one is new. The agent's reply served it as one
        acceptable answer, and the rewriting model saw that reply too: the gain is an estimate.
      </p>
      <Samples title="Old reply" samples={judgement.old} />
      <Samples title="Improved reply" samples={judgement.new} />
      <p>{PAIRWISE_WORDS[pairwise]}</p>
      <Comparisons comparisons={judgement.comparisons} />
      {model === judge_model && (
        <p class="hint">
          The same model rewrote and judged. Models favour their own text: a judge of another family (JUDGE_MODEL) makes
          the gain more honest.
        </p>
      )}
    </section>
  );
}

function Reviews({ improvement: { reviews } }: { improvement: ImprovementDetail }) {
  if (reviews.length === 0) return null;
  return (
    <section>
      <h2>What people decided</h2>
      <ol class="samples">
        {reviews.map(({ decision, decidedBy, createdAt, note, replacedReply }) => (
          <li>
            <strong>{decision === "reject" ? "Rejected" : replacedReply ? "Edited and approved" : "Approved"}</strong>
            {` by ${decidedBy}, ${toRfc3339(createdAt).slice(0, 16).replace("T", " ")} UTC. `}
            {note}
            {replacedReply !== null && (
              <details>
                <summary>The text before</summary>
                <p class="whole">{replacedReply}</p>
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Comparisons({ comparisons }: { comparisons: Comparison[] }) {
  const VERDICTS = { old: "prefers the old reply", new: "prefers the improved reply", tie: "undecided" };
  return (
    <ul class="samples">
      {comparisons.map(({ first, winner, reasons }) => (
        <li>
          <strong>{`${first === "old" ? "Old" : "Improved"} reply first: ${VERDICTS[winner]}. `}</strong>
          {reasons}
        </li>
      ))}
    </ul>
  );
}

function About({ improvement }: { improvement: ImprovementDetail }) {
  const { version, is_current, context_url } = improvement;
  return (
    <Facts
      facts={{
        "Failure category": improvement.failure_category,
        "Rewritten by": improvement.model,
        "Judged by": improvement.judge_model,
        Review: improvement.review_status,
        Version: is_current || improvement.withdrawn ? version : `${version}, replaced by a newer one`,
        Made: <When time={improvement.created_at} />,
        Context: context_url && <HelpdeskLink url={context_url} />,
      }}
    />
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
