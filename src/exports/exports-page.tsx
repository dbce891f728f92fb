import { EXPORT_FORMATS } from "../db/schema/exports.ts";
import type { Page } from "../http/pagination.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { When } from "../ui/when.tsx";
import { describeFilters } from "./describe-filters.ts";
import type { ExportOutput } from "./schemas.ts";

const FORMAT_NAMES: Record<(typeof EXPORT_FORMATS)[number], string> = {
  "openai-sft": "Chat lines (OpenAI, Azure, Together, Fireworks)",
  "openai-dpo": "Preference lines (OpenAI, Together)",
  "trl-sft": "Prompt and completion (TRL)",
  "trl-dpo": "Preference lines (TRL)",
};

interface Props {
  page: Page<ExportOutput>;
  minGain: number;
  /** Known failure categories, for the form. */
  categories: string[];
}

export function ExportsPage({ page, minGain, categories }: Props) {
  const running = page.data.some(({ status }) => status === "queued" || status === "running");
  return (
    <>
      <h1>Training files</h1>
      <StartForm minGain={minGain} categories={categories} />
      {page.data.length === 0 ? (
        <p class="empty">No training file yet. The form above writes one from all improved replies.</p>
      ) : (
        <DataTable columns={COLUMNS} rows={page.data} live={running} />
      )}
      <NextPage path="/exports" cursor={page.next_cursor} />
      <p class="hint">
        Is something wrong in a file? <a href="/withdrawals">Withdraw what it was made from</a>, then rebuild it.
      </p>
      <script src="/live.js" defer />
    </>
  );
}

function StartForm({ minGain, categories }: Omit<Props, "page">) {
  return (
    <form class="filters export-form" method="post" action="/exports">
      <label>
        Format
        <select name="format">
          {EXPORT_FORMATS.map((format) => (
            <option value={format}>{FORMAT_NAMES[format]}</option>
          ))}
        </select>
      </label>
      <label>
        Reply to learn
        <select name="reply">
          <option value="corrected">Corrected reply</option>
          <option value="agent">Agent's reply</option>
        </select>
      </label>
      <label>
        System message
        <select name="system">
          <option value="none">None</option>
          <option value="guided">Guidance of the cluster</option>
        </select>
      </label>
      <label>
        Failure category
        <select name="failure_category">
          <option value="">Any</option>
          {categories.map((category) => (
            <option value={category}>{category}</option>
          ))}
        </select>
      </label>
      <label>
        Topic
        <input name="topic" maxlength={200} />
      </label>
      <label>
        Review
        <select name="review">
          <option value="">All but rejected</option>
          <option value="approved">Approved only</option>
        </select>
      </label>
      <label>
        Minimum gain
        <input name="min_gain" type="number" min={-100} max={100} value={minGain} />
      </label>
      <label>
        Held-out share
        <input name="validation_fraction" type="number" min={0} max={0.5} step={0.01} value={0} />
      </label>
      <button type="submit">Write file</button>
    </form>
  );
}

const COLUMNS: Column<ExportOutput>[] = [
  { name: "Started", cell: ({ created_at }) => <When time={created_at} /> },
  {
    name: "What",
    cell: ({ format, filters }) => (
      <>
        {format}
        <p class="hint">{describeFilters(filters)}</p>
      </>
    ),
  },
  { name: "State", cell: (row) => <State row={row} /> },
  {
    name: "Lines",
    number: true,
    cell: ({ rows, validation_rows, skipped }) => (
      <>
        {rows.toLocaleString("en")}
        {validation_rows > 0 && <p class="hint">{`+ ${validation_rows.toLocaleString("en")} held out`}</p>}
        <Skipped skipped={skipped} />
      </>
    ),
  },
  { name: "Files", cell: (row) => <Files row={row} /> },
  { name: "Actions", unseen: true, cell: (row) => <Actions row={row} /> },
];

function State({ row }: { row: ExportOutput }) {
  if (row.status === "running") {
    return (
      <>
        running
        <progress value={row.progress ?? undefined} max={1} />
      </>
    );
  }
  return (
    <>
      {row.stale ? <strong class="error">{`stale: a text was ${row.stale_reason}`}</strong> : row.status}
      {row.warning !== null && <p class="hint">{row.warning}</p>}
      {row.error !== null && <p class="error">{row.error}</p>}
    </>
  );
}

function Skipped({ skipped }: { skipped: Record<string, number> }) {
  const reasons = Object.entries(skipped);
  if (reasons.length === 0) return null;
  return (
    <p class="hint">
      {`left out: ${reasons.map(([reason, count]) => `${count.toLocaleString("en")} ${reason.replaceAll("_", " ")}`).join(", ")}`}
    </p>
  );
}

function Files({ row }: { row: ExportOutput }) {
  if (row.status !== "done") return <>–</>;
  const data = row.stale
    ? []
    : ["training_data.jsonl", ...("validation_data.jsonl" in row.files ? ["validation_data.jsonl"] : [])];
  const others = Object.keys(row.files).filter((name) => name !== "validation_data.jsonl");
  return (
    <>
      <p class="links">
        {[...data, "manifest.json", ...others].map((name) => (
          <a href={`/v1/exports/${row.id}/${name}`}>{name}</a>
        ))}
      </p>
      {!row.stale && <p class="hint">{`${size(row.bytes)}, about ${(row.tokens ?? 0).toLocaleString("en")} tokens`}</p>}
    </>
  );
}

function Actions({ row }: { row: ExportOutput }) {
  const over = row.status !== "queued" && row.status !== "running";
  return (
    <form method="post" class="actions">
      {over ? (
        <>
          <button type="submit" class="quiet" formaction={`/exports/${row.id}/rebuild`}>
            Rebuild
          </button>
          <button type="submit" class="quiet" formaction={`/exports/${row.id}/delete`}>
            Delete
          </button>
        </>
      ) : (
        <button type="submit" class="quiet" formaction={`/exports/${row.id}/cancel`}>
          Cancel
        </button>
      )}
    </form>
  );
}

/** Bytes in the unit that fits. */
function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}
