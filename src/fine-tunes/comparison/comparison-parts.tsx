import type { Unseen } from "../../db/schema/fine-tunes.ts";
import type { Estimate } from "../../lib/statistics.ts";
import { Rating, signed } from "../../ui/gain.tsx";
import type { FineTuneOutput } from "../schemas.ts";
import { DEFAULT_CASES, MOST_CASES } from "./comparison-state.ts";
import type { CaseOutput, ComparisonOutput } from "./schemas.ts";

interface Props {
  fineTune: FineTuneOutput;
  comparison: ComparisonOutput | null;
  examples: CaseOutput[];
}

/** Before and after: what the tuned model is worth, on failures it has not seen. */
export function ComparisonSection({ fineTune, comparison, examples }: Props) {
  const running = comparison !== null && comparison.finished_at === null;
  return (
    <section id="compare">
      <h2>Before and after</h2>
      {comparison === null ? (
        <p class="hint">
          Failures that the model has not seen are put to it and to its base; the judge rates both replies without
          knowing whose they are.
        </p>
      ) : (
        <>
          <Result comparison={comparison} />
          {!running && <Examples comparison={comparison} examples={examples} />}
        </>
      )}
      {!running && <CompareForm fineTune={fineTune} again={comparison !== null} />}
    </section>
  );
}

function CompareForm({ fineTune, again }: { fineTune: FineTuneOutput; again: boolean }) {
  if (fineTune.export.state === "rebuilt" || fineTune.export.state === "deleted") {
    return (
      <p class="hint">{`The export was ${fineTune.export.state}: nobody can tell any more what this model has not seen, so it can not be compared anew.`}</p>
    );
  }
  return (
    <form class="decision narrow" method="post" action={`/fine-tunes/${fineTune.id}/compare`}>
      <label>
        Failures to replay, at most; each costs two replies and four calls of the judge
        <input name="limit" type="number" min={1} max={MOST_CASES} value={DEFAULT_CASES} required />
      </label>
      <p class="decision-buttons">
        <button type="submit">{again ? "Compare again" : "Compare with the base model"}</button>
      </p>
    </form>
  );
}

const ORIGINS: Record<Unseen, string> = {
  held_out: "from the validation file, which was held out of the training",
  later: "recorded after the export was made",
  left_out: "left out of the export, mostly as too hard to improve: no fair sample",
};

function Result({ comparison }: { comparison: ComparisonOutput }) {
  const { cases, open, unscored, meaning, error, waiting, judge_model } = comparison;
  const origins = Object.entries(comparison.unseen).map(([name, n]) => `${n} ${ORIGINS[name as Unseen]}`);
  const missing = Object.entries(unscored).map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`);
  return (
    <>
      <State comparison={comparison} />
      {error !== null && <p class="error">{error}</p>}
      {waiting !== null && <p class="notice-inline">{`It waits: ${waiting}`}</p>}
      {cases > 0 && (
        <>
          <p>
            <strong>{meaning}</strong>
          </p>
          <p class="hint">
            {`${cases} ${cases === 1 ? "failure" : "failures"}, each customer message once: ${origins.join("; ")}. `}
            {`Rated 0 to 100 by ${judge_model}, blind, with the agent's reply as one acceptable answer; below a number its 95% interval. `}
            {missing.length > 0 && `Unscored, and counted nowhere: ${missing.join(", ")}. `}
            {open > 0 && `${open} still to come.`}
          </p>
          <NumberTable comparison={comparison} />
        </>
      )}
    </>
  );
}

function State({ comparison: { status, cases, open } }: { comparison: ComparisonOutput }) {
  if (status === "done" || status === "failed") return null;
  return (
    <p data-live-on>
      {cases === 0 ? "Looking for failures that it has not seen… " : `${cases - open} of ${cases} `}
      <progress value={cases === 0 ? undefined : cases - open} max={cases || 1} />
    </p>
  );
}

type Numbers = Pick<
  ComparisonOutput,
  "n" | "base_rating" | "tuned_rating" | "difference" | "wins" | "ties" | "losses" | "win_share"
>;

/** All cases, then cluster by cluster. */
function NumberTable({ comparison }: { comparison: ComparisonOutput }) {
  return (
    <table class="numbers compared">
      <thead>
        <tr>
          <th scope="col">Type of query</th>
          <th scope="col">Base</th>
          <th scope="col">Tuned</th>
          <th scope="col">Difference</th>
          <th scope="col">Won, tied, lost</th>
          <th scope="col">Won of decided</th>
          <th scope="col">n</th>
        </tr>
      </thead>
      <tbody>
        <NumberRow name="All" numbers={comparison} strong />
        {comparison.clusters.map((cluster) => (
          <NumberRow name={cluster.topic ?? "No topic"} numbers={cluster} />
        ))}
      </tbody>
    </table>
  );
}

function NumberRow({ name, numbers, strong = false }: { name: string; numbers: Numbers; strong?: boolean }) {
  const { n, base_rating, tuned_rating, difference, wins, ties, losses, win_share } = numbers;
  return (
    <tr class={strong ? "strong" : undefined}>
      <th scope="row">{name}</th>
      <td data-label="Base">{base_rating === null ? "–" : base_rating.toFixed(1)}</td>
      <td data-label="Tuned">{tuned_rating === null ? "–" : tuned_rating.toFixed(1)}</td>
      <td data-label="Difference">
        <Interval estimate={difference} format={points} />
      </td>
      <td data-label="Won, tied, lost">{`${wins}, ${ties}, ${losses}`}</td>
      <td data-label="Won of decided">
        <Interval estimate={win_share} format={(value) => `${Math.round(value * 100)}%`} />
      </td>
      <td data-label="n">{n}</td>
    </tr>
  );
}

/** With one decimal, its sign shown. */
const points = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(1).replace("-", "−")}`;

/** A number with its 95% interval; without one it would look surer than it is. */
function Interval({ estimate, format }: { estimate: Estimate | null; format: (value: number) => string }) {
  if (estimate === null) return <span class="hint">too few</span>;
  return (
    <>
      {format(estimate.value)}
      <span class="interval">{`${format(estimate.low)} to ${format(estimate.high)}`}</span>
    </>
  );
}

const OUTCOMES = {
  won: "the judge prefers the tuned model's reply",
  lost: "the judge prefers the base model's reply",
  tie: "neither is better",
  unknown: "not compared in both orders",
};

function Examples({ comparison, examples }: { comparison: ComparisonOutput; examples: CaseOutput[] }) {
  if (examples.length === 0) return null;
  return (
    <>
      <h3>Examples</h3>
      <p class="hint">
        {"Spread evenly from the largest gain to the largest loss. "}
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
