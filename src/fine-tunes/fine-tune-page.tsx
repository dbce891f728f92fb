import type { Child } from "hono/jsx";
import { describeFilters } from "../exports/describe-filters.ts";
import { When } from "../ui/when.tsx";
import { BotModelSection } from "./bot-model-parts.tsx";
import { ComparisonSection } from "./comparison/comparison-parts.tsx";
import type { CaseOutput, ComparisonOutput } from "./comparison/schemas.ts";
import { LossCurve } from "./loss-curve.tsx";
import type { BotModelOutput, FineTuneOutput } from "./schemas.ts";

interface Props {
  fineTune: FineTuneOutput;
  comparison: ComparisonOutput | null;
  examples: CaseOutput[];
  bot: BotModelOutput;
}

export function FineTunePage({ fineTune, comparison, examples, bot }: Props) {
  const { id, status, provider_status, error, finished_at, model, base_model, loss } = fineTune;
  const tuned = status === "succeeded" && model !== null;
  return (
    // Refreshed as a whole while a job or a comparison is under way; there is nothing to fill in then.
    <div data-live>
      <h1>{model ?? `Fine-tune of ${base_model}`}</h1>
      {error !== null && <p class="error">{error}</p>}
      {finished_at === null && (
        <form class="actions" method="post" action={`/fine-tunes/${id}/cancel`} data-live-on>
          <span>{`${status}${provider_status === null ? "" : `: ${provider_status}`}`}</span>
          {status !== "cancelling" && (
            <button type="submit" class="quiet">
              Cancel
            </button>
          )}
        </form>
      )}
      <Facts fineTune={fineTune} />
      {loss.length > 0 && <LossCurve loss={loss} />}
      <Events fineTune={fineTune} />
      {tuned && <ComparisonSection fineTune={fineTune} comparison={comparison} examples={examples} />}
      {tuned && <BotModelSection bot={bot} fineTune={fineTune} />}
      <script src="/live.js" defer />
    </div>
  );
}

function Facts({ fineTune }: { fineTune: FineTuneOutput }) {
  const { base_model, method, status, created_at, finished_at, trained_tokens, job_id } = fineTune;
  const facts: [name: string, value: Child][] = [
    ["Base model", base_model],
    ["Method", method],
    ["State", status],
    ["Started", <When time={created_at} />],
    ["Ended", finished_at && <When time={finished_at} />],
    ["Tokens trained", trained_tokens?.toLocaleString("en")],
    ["Job", job_id && <code>{job_id}</code>],
    ["Files at the provider", filesLeft(fineTune)],
    ["Learned from", <LearnedFrom fineTune={fineTune} />],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value != null && (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

const EXPORT_STATES: Record<FineTuneOutput["export"]["state"], string> = {
  there: "",
  stale: "; a text in it has since been erased or withdrawn, which the model cannot forget",
  rebuilt: "; it has since been rebuilt, and the model learned from the earlier file",
  deleted: "; it has since been deleted",
};

/** Null where there is nothing to say: none, or all deleted. */
function filesLeft({ provider_files, finished_at }: FineTuneOutput): string | null {
  const left = provider_files.filter(({ deleted_at }) => deleted_at === null);
  if (left.length === 0) return null;
  const ids = left.map(({ id }) => id).join(", ");
  if (finished_at === null) return `${ids}, until it has ended`;
  return `${ids}, not deleted yet${left[0]?.error ? `: ${left[0].error}` : ""}`;
}

function LearnedFrom({ fineTune: { export_id, export_sha256, export: source } }: { fineTune: FineTuneOutput }) {
  const { format, filters, state } = source;
  const what = [format, filters && describeFilters(filters)].filter(Boolean).join(", ") || "a training file";
  return (
    <>
      {`${what}${EXPORT_STATES[state]}. SHA-256 `}
      <code>{`${export_sha256.slice(0, 12)}…`}</code>{" "}
      {state === "there" && <a href={`/v1/exports/${export_id}/manifest.json`}>manifest.json</a>}
    </>
  );
}

function Events({ fineTune: { events, finished_at } }: { fineTune: FineTuneOutput }) {
  if (events.length === 0) return null;
  return (
    <details open={finished_at === null}>
      <summary>{`Messages from the provider (${events.length})`}</summary>
      <ul class="samples">
        {events.toReversed().map(({ at, level, message }) => (
          <li class={level === "error" ? "error" : undefined}>
            <When time={at} />
            {` ${message}`}
          </li>
        ))}
      </ul>
    </details>
  );
}
