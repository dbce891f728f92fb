import type { Page } from "../http/pagination.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { Facts } from "../ui/facts.tsx";
import { When } from "../ui/when.tsx";
import type { PreviewOutput, WithdrawalOutput } from "./schemas.ts";

interface Props {
  /** The filter as it was sent, by its fields' names. */
  given: Record<string, string>;
  preview: PreviewOutput | null;
  page: Page<WithdrawalOutput>;
}

export function WithdrawalsPage({ given, preview, page }: Props) {
  const live = page.data.some(({ status }) => status === "running" || status === "undoing");
  return (
    <>
      <h1>Withdrawals</h1>
      <p class="hint">
        Takes many failures back at once, for example a bad import: their improvements, the lessons learned from them
        and the training files that hold them.
      </p>
      <SelectionForm given={given} />
      {preview !== null && <Preview given={given} preview={preview} />}
      {page.data.length === 0 ? (
        <p class="empty">Nothing has been withdrawn.</p>
      ) : (
        <DataTable columns={COLUMNS} rows={page.data} live={live} />
      )}
      <NextPage path="/withdrawals" cursor={page.next_cursor} />
      <script src="/live.js" defer />
    </>
  );
}

/** The fields of the form: a line for each that tells failures apart. */
const FIELDS = [
  { name: "import_id", label: "Import (its import_id)", type: "text", maxlength: 36 },
  { name: "agent", label: "Agent", type: "text", maxlength: 200 },
  { name: "channel", label: "Channel", type: "text", maxlength: 100 },
  { name: "topic", label: "Topic", type: "text", maxlength: 200 },
  { name: "failure_category", label: "Failure category", type: "text", maxlength: 100 },
  { name: "since", label: "Recorded from (UTC)", type: "datetime-local" },
  { name: "until", label: "Recorded before (UTC)", type: "datetime-local" },
] as const;

function SelectionForm({ given }: Pick<Props, "given">) {
  return (
    <form class="filters selection-form" method="get" action="/withdrawals">
      {FIELDS.map(({ name, label, ...input }) => (
        <label>
          {label}
          <input name={name} value={given[name] ?? ""} {...input} />
        </label>
      ))}
      <label>
        What to do
        <select name="mode">
          <option value="withdraw">Set aside, can be undone</option>
          <option value="erase" selected={given.mode === "erase"}>
            Erase for good
          </option>
        </select>
      </label>
      <button type="submit">Preview</button>
    </form>
  );
}

function Preview({ given, preview }: { given: Record<string, string>; preview: PreviewOutput }) {
  const { mode, failures, improvements, lessons, clusters, exports, fine_tunes, token } = preview;
  if (failures.total === 0) return <p class="empty">No failure matches.</p>;
  const erasing = mode === "erase";
  return (
    <>
      <section class="notice-box">
        <h2>{erasing ? "To be erased for good" : "To be set aside"}</h2>
        <Facts
          as="totals"
          facts={{
            failures: failures.total,
            improvements: improvements.total,
            "of them approved": improvements.approved,
            clusters: clusters.total,
            "lessons from these alone": lessons.alone,
            "lessons from others too": lessons.in_part,
            "training files": exports.length,
            "fine-tunes": fine_tunes.length,
          }}
        />
        <p class="hint">
          {`By state: ${Object.entries(failures.by_status)
            .map(([status, count]) => `${count} ${status.replaceAll("_", " ")}`)
            .join(", ")}.`}
          {clusters.most.length > 0 &&
            ` Most in: ${clusters.most
              .slice(0, 5)
              .map(({ topic, failures: count }) => `${topic} (${count})`)
              .join(", ")}.`}
          {lessons.kept > 0 && ` ${lessons.kept} of the lessons are in a person's words, and stay.`}
          {!preview.all_exports_checked && " Only the hundred oldest training files were looked into."}
        </p>
      </section>
      <form class="decision" method="post" action="/withdrawals">
        {Object.entries({ ...given, mode, token }).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <label>
          Reason, for the record
          <input name="reason" required maxlength={1000} />
        </label>
        <p class="decision-buttons">
          <button
            class={erasing ? "danger" : undefined}
            type="submit"
          >{`${erasing ? "Erase" : "Withdraw"} ${failures.total.toLocaleString("en")} failures`}</button>
        </p>
      </form>
    </>
  );
}

const STATES = { running: "under way", done: "withdrawn", undoing: "being put back", undone: "put back" } as const;

const COLUMNS: Column<WithdrawalOutput>[] = [
  { name: "Asked for", cell: ({ created_at }) => <When time={created_at} /> },
  {
    name: "What",
    cell: ({ filter, reason }) => (
      <>
        {reason}
        <p class="hint">
          {Object.entries(filter)
            .map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`)
            .join(", ")}
        </p>
      </>
    ),
  },
  {
    name: "State",
    cell: ({ mode, status, withdrawn, total }) => (
      <>
        {mode === "erase" && status === "done" ? "erased" : STATES[status]}
        {(status === "running" || status === "undoing") && <progress value={withdrawn} max={Math.max(1, total)} />}
      </>
    ),
  },
  { name: "Failures", number: true, cell: ({ total }) => total.toLocaleString("en") },
  { name: "Lessons retired", number: true, cell: ({ lessons_retired }) => lessons_retired },
  {
    name: "Held in",
    cell: ({ exports, fine_tunes }) => (
      <>
        {exports.length === 0 ? "–" : <a href="/exports">{`${exports.length} training files`}</a>}
        {fine_tunes.length > 0 && (
          <p class="links">
            {fine_tunes.map(({ id, model }) => (
              <a href={`/fine-tunes/${id}`}>{model ?? "fine-tune"}</a>
            ))}
          </p>
        )}
      </>
    ),
  },
  {
    name: "Actions",
    unseen: true,
    cell: ({ id, mode, status }) =>
      mode === "withdraw" && status === "done" ? (
        <form method="post" class="actions" action={`/withdrawals/${id}/undo`}>
          <button class="quiet" type="submit">
            Undo
          </button>
          <a href={`/withdrawals?withdrawal_id=${id}&mode=erase`}>Erase for good</a>
        </form>
      ) : null,
  },
];
