import { Rating, signed } from "../../ui/gain.tsx";
import type { CaseOutput, ComparisonOutput } from "./schemas.ts";

const OUTCOMES = {
  won: "the judge prefers the tuned model's reply",
  lost: "the judge prefers the base model's reply",
  tie: "neither is better",
  unknown: "not compared in both orders",
};

const noReply = (lost: CaseOutput["base_lost"]) => lost && `No reply: ${lost.replace("_", " ")}.`;

/** A few cases in full, for people to judge the judge by. */
export function Examples({ comparison, examples }: { comparison: ComparisonOutput; examples: CaseOutput[] }) {
  if (examples.length === 0) return null;
  return (
    <>
      <h3>Examples</h3>
      <p class="hint">
        {"Evenly spread from the largest gain to the largest loss. "}
        <a href={`/v1/fine-tunes/${comparison.fine_tune_id}/comparison/cases?limit=100`}>All cases, as JSON</a>
      </p>
      {examples.map(({ topic, pairwise, base_rating, tuned_rating, ...texts }, i) => (
        <details class="example" open={i === 0}>
          <summary>
            <span class="gain-of">
              {base_rating === null || tuned_rating === null ? "unscored" : signed(tuned_rating - base_rating)}
            </span>
            {` ${topic ?? "No topic"}: ${OUTCOMES[pairwise]}`}
          </summary>
          <Text title="Customer" text={texts.original_prompt} />
          <div class="side-by-side">
            <Text title="Base model" rating={base_rating} text={texts.base_reply ?? noReply(texts.base_lost)} />
            <Text title="Tuned model" rating={tuned_rating} text={texts.tuned_reply ?? noReply(texts.tuned_lost)} />
            <Text title="Agent's reply" text={texts.agent_reply} />
          </div>
        </details>
      ))}
    </>
  );
}

function Text({ title, rating, text }: { title: string; rating?: number | null; text: string | null }) {
  return (
    <div class="text">
      <h4>
        {`${title} `}
        {rating !== undefined && <Rating rating={rating} />}
      </h4>
      <p class="whole">{text ?? "–"}</p>
    </div>
  );
}
