import type { Child } from "hono/jsx";
import type { Unseen } from "../../db/schema/fine-tunes.ts";
import type { Estimate } from "../../lib/statistics/estimates.ts";
import { Examples } from "./examples.tsx";
import type { CaseOutput, ComparisonNumbers, ComparisonOutput } from "./schemas.ts";
import { DEFAULT_CASES, MOST_CASES } from "./schemas.ts";

interface Props {
  /** What of the fine-tune is needed to compare it. */
  fineTune: { id: string; export: { state: string } };
  comparison: ComparisonOutput | null;
  examples: CaseOutput[];
}

/** Before and after: what the tuned model is worth, on failures it has not seen. */
export function ComparisonSection({ fineTune, comparison, examples }: Props) {
  const running = comparison !== null && comparison.finished_at === null;
  return (
    <section id="compare">
      <h2>Before and after</h2>
      {comparison === null && (
        <p class="hint">
          Both this model and its base answer failures that it has not seen; the judge rates the replies without knowing
          which model wrote them.
        </p>
      )}
      {comparison !== null && <Result comparison={comparison} />}
      {comparison !== null && !running && <Examples comparison={comparison} examples={examples} />}
      {running && (
        <form class="actions" method="post" action={`/fine-tunes/${fineTune.id}/compare/cancel`} data-live-on>
          <button type="submit">Cancel</button>
        </form>
      )}
      {!running && <CompareForm fineTune={fineTune} again={comparison !== null} />}
    </section>
  );
}

function CompareForm({ fineTune, again }: Pick<Props, "fineTune"> & { again: boolean }) {
  const { state } = fineTune.export;
  if (state === "rebuilt" || state === "deleted")
    return <p class="hint">{`The export was ${state}, so there is no saying what this model has not seen.`}</p>;
  return (
    <form class="decision narrow" method="post" action={`/fine-tunes/${fineTune.id}/compare`}>
      <label>
        Maximum number of failures; each costs two replies and four judge calls
        <input name="limit" type="number" min={1} max={MOST_CASES} value={DEFAULT_CASES} required />
      </label>
      <p class="decision-buttons">
        <button type="submit">{again ? "Compare again" : "Compare with the base model"}</button>
      </p>
    </form>
  );
}

const ORIGINS: Record<Unseen, string> = {
  held_out: "from the validation file, held out of the training",
  later: "recorded after the export was made",
  left_out: "left out of the export, mostly as too hard to improve: not a fair sample",
};

function Result({ comparison }: { comparison: ComparisonOutput }) {
  const { status, cases, open, unseen, unscored, no_reply, meaning, error, waiting, judge_model, finished_at } =
    comparison;
  const origins = Object.entries(unseen).map(([name, n]) => `${n} ${ORIGINS[name as Unseen]}`);
  const lost = (["base", "tuned"] as const).flatMap((side) =>
    Object.entries(no_reply[side]).map(([reason, n]) => `${n} of the ${side} model ${reason.replaceAll("_", " ")}`),
  );
  const missing = Object.entries(unscored).map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`);
  return (
    <>
      {finished_at === null && (
        <p data-live-on>
          {cases === 0 ? "Looking for failures it has not seen… " : `${cases - open} of ${cases} `}
          <progress value={cases === 0 ? undefined : cases - open} max={cases || 1} />
        </p>
      )}
      {error !== null && <p class="error">{error}</p>}
      {status === "cancelled" && <p class="notice-inline">Cancelled. The cases rated by then count.</p>}
      {waiting !== null && <p class="notice-inline">{`Waiting: ${waiting}`}</p>}
      {cases > 0 && (
        <>
          <p>
            <strong>{meaning}</strong>
          </p>
          <p class="hint">
            {`${cases} ${cases === 1 ? "failure" : "failures"}, each customer message once: ${origins.join("; ")}. `}
            {`Rated 0 to 100 by ${judge_model}, blind, with the agent's reply as one acceptable answer; 95% intervals are in small print. `}
            {lost.length > 0 && `No reply, so rated 0 and lost: ${lost.join(", ")}. `}
            {missing.length > 0 && `Unscored, and not counted: ${missing.join(", ")}. `}
            {open > 0 && `${open} still to come.`}
          </p>
          <NumberTable comparison={comparison} />
        </>
      )}
    </>
  );
}

const COLUMNS: [name: string, cell: (numbers: ComparisonNumbers) => Child][] = [
  ["Base", ({ base_rating }) => base_rating?.toFixed(1) ?? "–"],
  ["Tuned", ({ tuned_rating }) => tuned_rating?.toFixed(1) ?? "–"],
  ["Difference", ({ difference }) => <Interval estimate={difference} format={points} />],
  ["Won, tied, lost", ({ wins, ties, losses }) => `${wins}, ${ties}, ${losses}`],
  ["Share of decided cases won", ({ win_share }) => <Interval estimate={win_share} format={percent} />],
  ["n", ({ n }) => n],
];

/** All cases, then cluster by cluster. */
function NumberTable({ comparison }: { comparison: ComparisonOutput }) {
  const clusters = comparison.clusters.map((cluster) => ({ ...cluster, topic: cluster.topic ?? "No topic" }));
  return (
    <table class="numbers compared">
      <thead>
        <tr>
          {["Type of query", ...COLUMNS.map(([name]) => name)].map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[{ ...comparison, topic: "All" }, ...clusters].map((numbers, i) => (
          <tr class={i === 0 ? "strong" : undefined}>
            <th scope="row">{numbers.topic}</th>
            {COLUMNS.map(([name, cell]) => (
              <td data-label={name}>{cell(numbers)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const percent = (share: number) => `${Math.round(share * 100)}%`;

/** With one decimal, its sign shown. */
const points = (value: number) => `${value > 0 ? "+" : ""}${value.toFixed(1).replace("-", "−")}`;

/** A number with its 95% interval; without it the number would look surer than it is. */
function Interval({ estimate, format }: { estimate: Estimate | null; format: (value: number) => string }) {
  if (estimate === null) return <span class="hint">too few</span>;
  return (
    <>
      {format(estimate.value)}
      <span class="interval">{`${format(estimate.low)} to ${format(estimate.high)}`}</span>
    </>
  );
}
