import type { Page } from "../http/pagination.ts";
import type { DeadLetterOutput } from "../jobs/schemas.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { Wait } from "../llm/gate.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { Facts } from "../ui/facts.tsx";
import { When } from "../ui/when.tsx";
import type { RunOutput } from "./schemas.ts";

const RUN_COLUMNS: Column<RunOutput>[] = [
  {
    name: "Started",
    cell: (run) => (
      <a href={`/runs/${run.id}`}>
        <When time={run.started_at} />
      </a>
    ),
  },
  { name: "Progress", cell: (run) => <Progress run={run} /> },
  { name: "Improved", number: true, cell: (run) => run.improved },
  { name: "For a person", number: true, cell: (run) => run.needs_human },
  { name: "Failed", number: true, cell: (run) => run.failed },
  { name: "Tokens", number: true, cell: (run) => run.tokens.input + run.tokens.output },
];

const LETTER_COLUMNS: Column<DeadLetterOutput>[] = [
  { name: "Received", cell: (letter) => <When time={letter.created_at} /> },
  { name: "Queue", cell: (letter) => letter.queue },
  { name: "Message", cell: (letter) => <code>{JSON.stringify(letter.body)}</code> },
  { name: "Error", cell: (letter) => letter.error },
  {
    name: "Actions",
    unseen: true,
    cell: (letter) => (
      <form method="post" action={`/dead-letters/${letter.id}/replay`}>
        <button class="quiet" type="submit">
          Send again
        </button>
      </form>
    ),
  },
];

export function RunsPage({
  runs,
  waiting,
  letters,
}: {
  runs: Page<RunOutput>;
  waiting: Wait | null;
  letters: DeadLetterOutput[];
}) {
  return (
    <>
      <h1>Correction runs</h1>
      {waiting !== null && <Waiting waiting={{ ...waiting, until: toRfc3339(waiting.untilMs) }} />}
      <div class="actions">
        <form method="post" action="/runs">
          <button type="submit">Correct all waiting failures</button>
        </form>
        <form method="post" action="/runs">
          <input type="hidden" name="redo" value="failed" />
          <button class="quiet" type="submit">
            Retry failed corrections
          </button>
        </form>
      </div>
      {runs.data.length === 0 ? (
        <p class="empty">No runs yet.</p>
      ) : (
        <div data-live>
          <DataTable columns={RUN_COLUMNS} rows={runs.data} />
          {runs.data.some(({ finished_at }) => finished_at === null) && <span hidden data-live-on />}
        </div>
      )}
      <NextPage path="/runs" cursor={runs.next_cursor} />
      <p class="hint">
        Was a whole import or agent wrong? <a href="/withdrawals">Withdraw many failures at once</a>.
      </p>
      {letters.length > 0 && <DeadLetters letters={letters} />}
      <script src="/live.js" defer />
    </>
  );
}

export function RunPage({ run }: { run: RunOutput }) {
  const facts = {
    failures: run.total,
    waiting: run.pending,
    improved: run.improved,
    "for a person": run.needs_human,
    failed: run.failed,
    "tokens in": run.tokens.input,
    "tokens out": run.tokens.output,
  };
  return (
    <>
      <h1>Correction run</h1>
      <div data-live>
        {run.waiting !== null && <Waiting waiting={run.waiting} />}
        <p>
          Started <When time={run.started_at} />
          {run.finished_at !== null && (
            <>
              , finished <When time={run.finished_at} />
            </>
          )}
        </p>
        <Progress run={run} />
        {run.pace !== null && (
          <p>
            {`About ${run.pace.per_minute} corrections a minute; at that pace it finishes `}
            <When time={run.pace.finishes_at} />.
          </p>
        )}
        <Facts as="totals" facts={facts} />
        {run.finished_at === null && <span hidden data-live-on />}
      </div>
      <p>
        <a href="/?sort=newest">Newest improvements</a>
      </p>
      <script src="/live.js" defer />
    </>
  );
}

function Progress({ run }: { run: RunOutput }) {
  const done = run.total - run.pending;
  return (
    <>
      <progress max={Math.max(run.total, 1)} value={run.total === 0 ? 1 : done} aria-label="Progress" />{" "}
      <small>{`${done} of ${run.total}`}</small>
    </>
  );
}

/** What no operator can end, or needs to. */
const GOES_ON_ALONE = ["daily_budget", "provider_limit", "provider_busy"];

function Waiting({ waiting }: { waiting: NonNullable<RunOutput["waiting"]> }) {
  return (
    <section class="notice-box" role="status">
      <strong>Corrections are paused.</strong> {waiting.reason}{" "}
      {waiting.until !== null && (
        <>
          Next try: <When time={waiting.until} />.
        </>
      )}
      {!GOES_ON_ALONE.includes(waiting.code) && (
        <form method="post" action="/runs/resume">
          <button class="quiet" type="submit">
            Resume now
          </button>
        </form>
      )}
    </section>
  );
}

function DeadLetters({ letters }: { letters: DeadLetterOutput[] }) {
  return (
    <section>
      <h2>Undeliverable messages</h2>
      <DataTable columns={LETTER_COLUMNS} rows={letters} />
    </section>
  );
}
