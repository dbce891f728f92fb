import { SCOPES, type Scope } from "../db/schema/keys.ts";
import type { Page } from "../http/pagination.ts";
import { type Column, DataTable, NextPage } from "../ui/data-table.tsx";
import { When } from "../ui/when.tsx";
import type { KeyOutput } from "./schemas.ts";

/** What a scope opens, in a few words. */
const OPENS: Record<Scope, string> = {
  ingest: "records failures",
  prompts: "serves a bot",
  read: "sees every text",
  review: "decides, and starts work",
  export: "makes training files",
  admin: "may do everything",
};

/** The keys that were made, and the form that makes one. @param now expired ones are named so */
export function KeysSection({ keys, now }: { keys: Page<KeyOutput>; now: string }) {
  return (
    <section>
      <h2>Keys</h2>
      <p class="hint">
        To replace a key, make a second one with the same name, and revoke the first once it is no longer used: two may
        be live at once.
      </p>
      {keys.data.length === 0 ? (
        <p class="empty">No keys yet, but for ADMIN_KEY.</p>
      ) : (
        <DataTable class="board records keys" columns={columnsAt(now)} rows={keys.data} />
      )}
      <NextPage path="/settings" cursor={keys.next_cursor} />
      <details class="narrow" open={keys.data.length === 0}>
        <summary>Make a key</summary>
        <KeyForm today={now.slice(0, 10)} />
      </details>
    </section>
  );
}

function columnsAt(now: string): Column<KeyOutput>[] {
  return [
    { name: "Name", cell: ({ name }) => <strong>{name}</strong> },
    { name: "Scopes", cell: ({ scopes }) => scopes.join(", ") },
    {
      name: "Made",
      cell: ({ created_at, created_by }) => (
        <>
          <When time={created_at} />
          {` by ${created_by}`}
        </>
      ),
    },
    { name: "Last used", cell: ({ last_used_at: at }) => (at === null ? "never" : <When time={at} />) },
    {
      name: "Expires",
      cell: ({ expires_at: at }) => {
        if (at === null) return "never";
        return (
          <>
            {Date.parse(at) <= Date.parse(now) && "expired "}
            <When time={at} />
          </>
        );
      },
    },
    { name: "Actions", unseen: true, cell: (key) => <Revoke {...key} /> },
  ];
}

function Revoke({ id, name }: Pick<KeyOutput, "id" | "name">) {
  return (
    <details>
      <summary>Revoke</summary>
      <form method="post" action={`/settings/keys/${id}/revoke`}>
        <p class="hint">It opens nothing any more within a minute, and cannot be brought back.</p>
        <button class="danger" type="submit">
          {`Revoke ${name}`}
        </button>
      </form>
    </details>
  );
}

function KeyForm({ today }: { today: string }) {
  return (
    <form class="decision" method="post" action="/settings/keys">
      <label>
        Name: whose it is, or what for
        <input name="name" required maxlength={100} autocomplete="off" />
      </label>
      <fieldset class="choices">
        <legend>Scopes</legend>
        {SCOPES.map((scope) => (
          <label>
            <input type="checkbox" name="scopes" value={scope} />
            <span>
              <b>{scope}</b> {OPENS[scope]}
            </span>
          </label>
        ))}
      </fieldset>
      <label>
        Last day (UTC); empty: until it is revoked
        <input type="date" name="last_day" min={today} />
      </label>
      <p class="decision-buttons">
        <button type="submit">Make the key</button>
      </p>
    </form>
  );
}
