import type { Estimate } from "../lib/statistics/estimates.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { AuditedGain } from "./audited-gain.tsx";
import { doesNotRise, isZero } from "./meaning.ts";
import { type Calibration, DEFAULT_SAMPLE } from "./schemas.ts";

/** Ratings are shown to a tenth of a point; a correlation needs two decimals. */
const points = (value: number) => value.toFixed(1).replace("-", "−");
const correlation = (value: number) => value.toFixed(2).replace("-", "−");

export function JudgePage({ calibration, failures }: { calibration: Calibration; failures: number }) {
  const { judge_model, people, controls, audit, meaning } = calibration;
  return (
    <div class="docs">
      <h1>How far the judge can be trusted</h1>
      <p>{meaning}</p>
      <AuditedGain audit={audit} />
      <h2>Against people</h2>
      <p class="hint">
        {`Old replies that a person rated (ai_rating, 1 to 5, counted as 0 to 100) and ${judge_model} too: ${people.n}.`}
      </p>
      <DataTable
        class="numbers"
        columns={COLUMNS}
        rows={[
          { name: "Rank agreement (Spearman)", estimate: people.spearman, format: correlation },
          { name: "Judge minus person, points", estimate: people.mean_difference },
        ]}
      />
      <h2>Controls</h2>
      <p class="hint">Ratings whose outcome is known in advance. A judge that fails them cannot tell a real gain.</p>
      {controls === null ? <p class="empty">No controls have been run yet.</p> : <Controls controls={controls} />}
      <form class="decision" method="post" action="/judge/controls">
        <label>
          {`Number of failures to draw at random (of ${failures}); each costs four judge calls`}
          <input name="sample" type="number" min={1} max={100} value={DEFAULT_SAMPLE} required />
        </label>
        <p class="decision-buttons">
          <button type="submit" disabled={failures === 0}>
            Run the controls
          </button>
        </p>
      </form>
    </div>
  );
}

const STATES = { queued: "waiting to run", running: "running; reload to see more", done: "done", failed: "failed" };

function Controls({ controls }: { controls: NonNullable<Calibration["controls"]> }) {
  const { agent_against_itself, old_against_old, padded_old } = controls;
  return (
    <>
      <p class="hint">
        {`${controls.judge_model}, ${controls.created_at.slice(0, 16).replace("T", " ")} UTC: ${STATES[controls.status]}, ${controls.rated} of ${controls.sample} rated.`}
        {controls.error !== null && ` ${controls.error}`}
      </p>
      <DataTable
        class="numbers"
        columns={[...COLUMNS, PASSED]}
        rows={[
          { name: "Agent's reply against itself, rating: the ceiling", estimate: agent_against_itself, passed: null },
          {
            name: "Old reply rated again, difference: should be 0",
            estimate: old_against_old,
            passed: old_against_old && isZero(old_against_old),
          },
          {
            name: "Old reply with empty words added, difference: should not rise",
            estimate: padded_old,
            passed: padded_old && doesNotRise(padded_old),
          },
        ]}
      />
    </>
  );
}

interface Measured {
  name: string;
  estimate: Estimate | null;
  /** Points where it is left out. */
  format?: (value: number) => string;
  /** Null: nothing to pass. */
  passed?: boolean | null;
}

const COLUMNS: Column<Measured>[] = [
  { name: "What", head: true, cell: ({ name }) => name },
  { name: "Estimate", cell: ({ estimate, format = points }) => (estimate ? format(estimate.value) : "too few") },
  {
    name: "95% interval",
    cell: ({ estimate, format = points }) => (estimate ? `${format(estimate.low)} to ${format(estimate.high)}` : "–"),
  },
  { name: "n", cell: ({ estimate }) => estimate?.n ?? "–" },
];

const PASSED: Column<Measured> = {
  name: "Passed",
  cell: ({ passed }) =>
    passed == null ? "–" : <span class={`verdict ${passed ? "ok" : "bad"}`}>{passed ? "yes" : "no"}</span>,
};
