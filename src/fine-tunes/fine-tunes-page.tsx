import type { ExportOutput } from "../exports/schemas.ts";
import type { Page } from "../http/pagination.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { When } from "../ui/when.tsx";
import { BotModelBox } from "./bot-model-parts.tsx";
import { LossCurve } from "./loss-curve.tsx";
import type { BotModelOutput, FineTuneOutput } from "./schemas.ts";

interface Props {
  page: Page<FineTuneOutput>;
  /** Exports that can be trained on. */
  exports: ExportOutput[];
  /** Where jobs go: FINE_TUNE_BASE_URL. */
  provider: string;
  bot: BotModelOutput;
}

export function FineTunesPage({ page, exports, provider, bot }: Props) {
  const running = page.data.some(({ finished_at }) => finished_at === null);
  return (
    <>
      <h1>Fine-tunes</h1>
      <p class="hint">{`Jobs go to ${provider} (setting FINE_TUNE_BASE_URL).`}</p>
      <BotModelBox bot={bot} />
      <StartForm exports={exports} />
      {page.data.length > 0 && <DataTable columns={columnsFor(bot)} rows={page.data} live={running} />}
      <NextPage path="/fine-tunes" cursor={page.next_cursor} />
      <script src="/live.js" defer />
    </>
  );
}

/** What was held out says in advance how well the model can be compared later. */
function nameOf({ created_at, format, rows, validation_rows }: ExportOutput): string {
  return `${created_at.slice(0, 16).replace("T", " ")}, ${format}, ${rows} lines, ${validation_rows || "none"} held out`;
}

function StartForm({ exports }: Pick<Props, "exports">) {
  if (exports.length === 0)
    return (
      <p class="empty">
        {"There is no file to train on yet: it must be finished, in OpenAI's format, with at least 10 lines. "}
        <a href="/exports">Write one</a>
      </p>
    );
  return (
    <form class="filters export-form tune-form" method="post" action="/fine-tunes">
      <label>
        Training file
        <select name="export_id">
          {exports.map((source) => (
            <option value={source.id}>{nameOf(source)}</option>
          ))}
        </select>
      </label>
      <label>
        Base model
        <input name="base_model" required maxlength={200} />
      </label>
      <label>
        Suffix
        <input name="suffix" maxlength={64} pattern="[A-Za-z0-9_\-]*" />
      </label>
      <button type="submit">Start training</button>
    </form>
  );
}

const columnsFor = (bot: BotModelOutput): Column<FineTuneOutput>[] => [
  {
    name: "Started",
    cell: ({ id, created_at }) => (
      <a href={`/fine-tunes/${id}`}>
        <When time={created_at} />
      </a>
    ),
  },
  {
    name: "Base model",
    cell: ({ base_model, method }) => (
      <>
        {base_model}
        <p class="hint">{method}</p>
      </>
    ),
  },
  {
    name: "State",
    cell: ({ status, finished_at, provider_status, error }) => (
      <>
        {status}
        {finished_at === null && provider_status !== null && <p class="hint">{provider_status}</p>}
        {error !== null && <p class="error">{error}</p>}
      </>
    ),
  },
  {
    name: "Model",
    cell: ({ id, model }) => (
      <>
        {model === null ? "–" : <code>{model}</code>}
        {bot.fine_tune_id === id && <p class="tag">the bot's model</p>}
      </>
    ),
  },
  { name: "Loss", cell: ({ loss }) => <LossCurve loss={loss} /> },
  {
    name: "Actions",
    unseen: true,
    cell: ({ id, status, finished_at }) =>
      finished_at === null ? (
        <form method="post" action={`/fine-tunes/${id}/cancel`}>
          <button type="submit" class="quiet">
            Cancel
          </button>
        </form>
      ) : (
        status === "succeeded" && <a href={`/fine-tunes/${id}#compare`}>Before and after</a>
      ),
  },
];
