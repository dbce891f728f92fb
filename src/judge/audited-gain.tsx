import { type Column, DataTable } from "../ui/data-table.tsx";
import type { AuditOutput } from "./audit/schemas.ts";

const points = (value: number) => value.toFixed(1).replace("-", "−");
const correlation = (value: number) => value.toFixed(2).replace("-", "−");
const percent = (value: number) => `${Math.round(value * 100)}%`;

interface Way {
  name: string;
  value: string | null;
  low: string | null;
  high: string | null;
  n: number | null;
}

/** The gain three ways: by the judge, by people, and by both. */
export function AuditedGain({ audit }: { audit: AuditOutput }) {
  const { gain, conclusion, concludes, population, rated, unsure, people, drawn } = audit;
  return (
    <section id="audit">
      <h2>The gain, corrected by people</h2>
      <p>{concludes ? <strong>{conclusion}</strong> : conclusion}</p>
      <p class="hint">
        {`${population} improvements count, ${drawn} were drawn at random, ${rated} are rated by ${people} ${people === 1 ? "person" : "people"}, blind; of ${unsure} nobody could tell. People's 1 to 5 count as 0 to 100. `}
        <a href="/audit">Rate some</a>
      </p>
      <DataTable
        class="numbers"
        caption="Mean gain, points"
        columns={COLUMNS}
        rows={[
          { ...NONE, name: "Judge alone", value: gain.judge && points(gain.judge.value), n: gain.judge?.n ?? null },
          wayOf("People alone", gain.people),
          wayOf("Judge, corrected by people", gain.prediction_powered),
        ]}
      />
      <Shares audit={audit} />
      <p class="hint">
        The intervals of the gain hold however often you look. The judge alone has none: what it may be wrong by is not
        chance. Shares and agreement are for one look.
      </p>
    </section>
  );
}

const NONE = { value: null, low: null, high: null, n: null };

function wayOf(name: string, gain: AuditOutput["gain"]["people"]): Way {
  if (gain === null) return { ...NONE, name };
  const { value, low, high, n } = gain;
  return { name, value: points(value), low: pointsOrNull(low), high: pointsOrNull(high), n };
}

const pointsOrNull = (value: number | null) => (value === null ? null : points(value));

function Shares({ audit: { share_better, agreement } }: { audit: AuditOutput }) {
  const { judge, corrected, judge_right } = share_better;
  const { alpha, items } = agreement;
  const side = ({ share, n }: { share: number | null; n: number }) =>
    share === null ? "not known" : `${percent(share)} of ${n}`;
  return (
    <>
      <DataTable
        class="numbers"
        caption="Share of improved replies that are better"
        columns={COLUMNS}
        rows={[
          { ...NONE, name: "Judge alone", value: judge === null ? null : percent(judge) },
          estimated("Judge, corrected by people", corrected, percent),
        ]}
      />
      <p class="hint">
        {`Where people say better, the judge agrees in ${side(judge_right.where_better)}; where they do not, in ${side(judge_right.where_not)}.`}
      </p>
      <DataTable
        class="numbers"
        caption="How far people agree with each other"
        columns={COLUMNS}
        rows={[estimated("Which reply is better (Krippendorff's alpha)", alpha, correlation, items)]}
      />
    </>
  );
}

type Estimated = NonNullable<AuditOutput["agreement"]["alpha"]>;

function estimated(name: string, estimate: Estimated | null, show: (value: number) => string, n?: number): Way {
  if (estimate === null) return { ...NONE, name, n: n ?? null };
  return {
    ...{ name, value: show(estimate.value), low: show(estimate.low), high: show(estimate.high) },
    n: n ?? estimate.n,
  };
}

const COLUMNS: Column<Way>[] = [
  { name: "What", head: true, cell: ({ name }) => name },
  { name: "Estimate", cell: ({ value }) => value ?? "not known" },
  { name: "95% interval", cell: ({ low, high }) => (low === null || high === null ? "–" : `${low} to ${high}`) },
  { name: "n", cell: ({ n }) => n ?? "–" },
];
