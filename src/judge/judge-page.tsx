import type { Estimate } from "../lib/statistics.ts";
import { doesNotRise, isZero } from "./meaning.ts";
import { type Calibration, DEFAULT_SAMPLE } from "./schemas.ts";

/** Ratings are shown to a tenth of a point; a correlation needs two decimals. */
const points = (value: number) => value.toFixed(1).replace("-", "−");
const correlation = (value: number) => value.toFixed(2).replace("-", "−");

export function JudgePage({ calibration, failures }: { calibration: Calibration; failures: number }) {
  const { judge_model, people, controls, meaning } = calibration;
  return (
    <div class="docs">
      <h1>How far the judge can be trusted</h1>
      <p>{meaning}</p>
      <h2>Against people</h2>
      <p class="hint">
        {`Old replies that a person rated (ai_rating, 1 to 5, counted as 0 to 100) and ${judge_model} too: ${people.n}.`}
      </p>
      <table class="numbers">
        <Head />
        <tbody>
          <Row name="Agreement in order (Spearman)" estimate={people.spearman} format={correlation} />
          <Row name="Judge minus person, points" estimate={people.mean_difference} format={points} />
        </tbody>
      </table>
      <h2>Controls</h2>
      <p class="hint">Ratings whose outcome is known in advance. A judge that fails them cannot tell a real gain.</p>
      {controls === null ? <p class="empty">No controls have been run yet.</p> : <Controls controls={controls} />}
      <form class="decision" method="post" action="/judge/controls">
        <label>
          {`Failures to draw at random, of ${failures}; each costs four calls of the judge`}
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
      <table class="numbers">
        <Head verdict />
        <tbody>
          <Row
            name="Agent's reply against itself, rating: the ceiling"
            estimate={agent_against_itself}
            format={points}
            verdict={null}
          />
          <Row
            name="Old reply rated again, difference: should be 0"
            estimate={old_against_old}
            format={points}
            verdict={old_against_old && isZero(old_against_old)}
          />
          <Row
            name="Old reply with empty words added, difference: should not rise"
            estimate={padded_old}
            format={points}
            verdict={padded_old && doesNotRise(padded_old)}
          />
        </tbody>
      </table>
    </>
  );
}

function Head({ verdict = false }: { verdict?: boolean }) {
  return (
    <thead>
      <tr>
        <th scope="col">What</th>
        <th scope="col">Estimate</th>
        <th scope="col">95% interval</th>
        <th scope="col">n</th>
        {verdict && <th scope="col">Passed</th>}
      </tr>
    </thead>
  );
}

function Row({
  name,
  estimate,
  format,
  verdict,
}: {
  name: string;
  estimate: Estimate | null;
  format: (value: number) => string;
  verdict?: boolean | null;
}) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{estimate === null ? "too few" : format(estimate.value)}</td>
      <td>{estimate === null ? "–" : `${format(estimate.low)} to ${format(estimate.high)}`}</td>
      <td>{estimate?.n ?? "–"}</td>
      {verdict !== undefined && (
        <td class={verdict === null ? "verdict" : `verdict ${verdict ? "ok" : "bad"}`}>
          {verdict === null ? "–" : verdict ? "yes" : "no"}
        </td>
      )}
    </tr>
  );
}
