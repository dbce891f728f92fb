import { Rating, signed } from "../../ui/gain.tsx";
import type { CaseOutput, ComparisonOutput } from "./schemas.ts";

const OUTCOMES = {
  won: "the judge prefers the tuned model's reply",
  lost: "the judge prefers the base model's reply",
  tie: "neither is better",
  unknown: "not compared in both orders",
};

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
      {examples.map((example, i) => (
        <Example example={example} open={i === 0} />
      ))}
    </>
  );
}

function Example({ example, open }: { example: CaseOutput; open: boolean }) {
  const { base_rating, tuned_rating, base_reply, tuned_reply, agent_reply, original_prompt, topic, pairwise } = example;
  const gain = base_rating === null || tuned_rating === null ? "unscored" : signed(tuned_rating - base_rating);
  return (
    <details class="example" open={open}>
      <summary>
        <span class="gain-of">{gain}</span>
        {` ${topic ?? "No topic"}: ${OUTCOMES[pairwise]}`}
      </summary>
      <Text title="Customer">{original_prompt}</Text>
      <div class="side-by-side">
        <Text title="Base model" rating={base_rating}>
          {base_reply}
        </Text>
        <Text title="Tuned model" rating={tuned_rating}>
          {tuned_reply}
        </Text>
        <Text title="Agent's reply">{agent_reply}</Text>
      </div>
    </details>
  );
}

function Text({ title, rating, children }: { title: string; rating?: number | null; children: string | null }) {
  return (
    <div class="text">
      <h4>
        {`${title} `}
        {rating !== undefined && <Rating rating={rating} />}
      </h4>
      <p class="whole">{children ?? "–"}</p>
    </div>
  );
}
