import type { Page } from "../http/pagination.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { When } from "../ui/when.tsx";
import type { PersonOutput } from "./schemas.ts";

const COLUMNS: Column<PersonOutput>[] = [
  { name: "Person", cell: ({ email, name }) => (name === null ? email : `${email} (${name})`) },
  { name: "Role", cell: ({ role }) => role },
  { name: "First seen", cell: ({ first_seen_at }) => <When time={first_seen_at} /> },
  { name: "Last seen", cell: ({ last_seen_at }) => <When time={last_seen_at} /> },
];

/** Whom Cloudflare Access let in. */
export function PeopleSection({ people }: { people: Page<PersonOutput> }) {
  return (
    <section>
      <h2>People</h2>
      {people.data.length === 0 ? (
        <p class="empty">Nobody has come in by Cloudflare Access yet. ACCESS_AUDIENCE lets people in.</p>
      ) : (
        <DataTable class="board records" columns={COLUMNS} rows={people.data} />
      )}
      {people.next_cursor !== null && <p class="hint">These came last; GET /v1/people has all.</p>}
    </section>
  );
}
