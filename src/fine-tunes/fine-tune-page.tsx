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
  const tuned = fineTune.status === "succeeded" && fineTune.model !== null;
  return (
    // Fresh as a whole while a training or a comparison is under way; there is nothing to fill in then.
    <div data-live>
      <h1>{fineTune.model ?? `Fine-tune of ${fineTune.base_model}`}</h1>
      <State fineTune={fineTune} />
      <Facts fineTune={fineTune} />
      {fineTune.loss.length > 0 && <LossCurve loss={fineTune.loss} />}
      <Events fineTune={fineTune} />
      {tuned && <ComparisonSection fineTune={fineTune} comparison={comparison} examples={examples} />}
      {tuned && <BotModelSection bot={bot} fineTune={fineTune} />}
      <script src="/live.js" defer />
    </div>
  );
}

function State({ fineTune: { id, status, provider_status, error, finished_at } }: { fineTune: FineTuneOutput }) {
  return (
    <>
      {error !== null && <p class="error">{error}</p>}
      {finished_at === null && (
        <form class="actions" method="post" action={`/fine-tunes/${id}/cancel`} data-live-on>
          <span>{`${status}${provider_status === null ? "" : `: ${provider_status}`}`}</span>
          <button type="submit" class="quiet">
            Cancel
          </button>
        </form>
      )}
    </>
  );
}

const EXPORT_STATES: Record<FineTuneOutput["export"]["state"], string> = {
  there: "",
  stale: "; a text in it was erased since, and the model can not forget it",
  rebuilt: "; it was written anew since, the model learned from the file before",
  deleted: "; it was deleted since",
};

function Facts({ fineTune }: { fineTune: FineTuneOutput }) {
  const { format, filters, state } = fineTune.export;
  const what = [format, filters && describeFilters(filters)].filter(Boolean).join(", ") || "a training file";
  return (
    <dl class="facts">
      <Fact name="Base model">{fineTune.base_model}</Fact>
      <Fact name="Method">{fineTune.method}</Fact>
      <Fact name="State">{fineTune.status}</Fact>
      <Fact name="Started">
        <When time={fineTune.created_at} />
      </Fact>
      {fineTune.finished_at !== null && (
        <Fact name="Ended">
          <When time={fineTune.finished_at} />
        </Fact>
      )}
      {fineTune.trained_tokens !== null && (
        <Fact name="Tokens trained">{fineTune.trained_tokens.toLocaleString("en")}</Fact>
      )}
      {fineTune.job_id !== null && (
        <Fact name="Job">
          <code>{fineTune.job_id}</code>
        </Fact>
      )}
      <Fact name="Learned from">
        {`${what}${EXPORT_STATES[state]}. SHA-256 `}
        <code>{`${fineTune.export_sha256.slice(0, 12)}…`}</code>
        {state === "there" && (
          <>
            {" "}
            <a href={`/v1/exports/${fineTune.export_id}/manifest.json`}>manifest.json</a>
          </>
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Events({ fineTune: { events, finished_at } }: { fineTune: FineTuneOutput }) {
  if (events.length === 0) return null;
  return (
    <details open={finished_at === null}>
      <summary>{`What the provider told (${events.length})`}</summary>
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
