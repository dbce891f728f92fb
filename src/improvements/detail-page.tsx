import type { Comparison, JudgeSample } from "../db/schema/judge.ts";
import { toRfc3339 } from "../lib/time.ts";
import { Gain, Rating } from "../ui/gain.tsx";
import { When } from "../ui/when.tsx";
import { exportRefusal } from "./export-refusal.ts";
import { type ExportRule, whyNotExportable } from "./is-exportable.ts";
import type { ImprovementDetail } from "./queries.ts";
import { PAIRWISE_WORDS, Warnings } from "./trust-parts.tsx";

export function DetailPage({ improvement, rule }: { improvement: ImprovementDetail; rule: ExportRule }) {
  const refusal = exportRefusal(improvement, rule);
  return (
    <article class="detail">
      <h1>
        <Gain gain={improvement.score_gain_estimate} spread={improvement.gain_spread} />{" "}
        {improvement.topic ?? "No topic"}
      </h1>
      <Facts improvement={improvement} />
      <p class={`export-state ${refusal === null ? "yes" : "no"}`}>
        {refusal === null
          ? improvement.edited
            ? "Goes into training files, on the word of the person who edited and approved it."
            : "Goes into training files."
          : `Stays out of training files: ${whyNotExportable(refusal, rule)}.`}{" "}
        {improvement.is_current ? "" : "A newer version has replaced it, which counts instead."}
      </p>
      {improvement.edited && (
        <p class="notice-inline">
          A person changed the improved reply after it was judged: ratings, gain and comparison are those of the text
          before.
        </p>
      )}
      <Warnings findings={improvement.guard_findings} />
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
        <Text
          title={improvement.edited ? "Improved reply, edited since" : "Improved reply"}
          rating={improvement.edited ? undefined : improvement.new_rating}
        >
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
          <p>{PAIRWISE_WORDS[improvement.pairwise]}</p>
          <Comparisons comparisons={improvement.judgement.comparisons} />
          {improvement.model === improvement.judge_model && (
            <p class="hint">
              The same model rewrote and judged. Models favour their own text: a judge of another family (JUDGE_MODEL)
              makes the gain more honest.
            </p>
          )}
        </section>
      )}
      <Reviews improvement={improvement} />
    </article>
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

function Facts({ improvement }: { improvement: ImprovementDetail }) {
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

function Text({ title, rating, children }: { title: string; rating?: number | null | undefined; children: string }) {
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
