import type { Child } from "hono/jsx";

export interface Column<Row> {
  name: string;
  /** Named for screen readers only, as the column of buttons is. */
  unseen?: boolean;
  number?: boolean;
  cell: (row: Row) => Child;
}

/**
 * The table of a list page; on a phone each row is a card with its columns' names.
 * @param live whether something in it is under way, so that it keeps itself fresh (`public/live.js`)
 */
export function DataTable<Row>({
  columns,
  rows,
  live = false,
}: {
  columns: Column<Row>[];
  rows: Row[];
  live?: boolean;
}) {
  return (
    <table class="board records" data-live data-live-on={live || undefined}>
      <thead>
        <tr>
          {columns.map(({ name, unseen }) => (
            <th scope="col">{unseen ? <span class="unseen">{name}</span> : name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ name, number, cell }) => (
              <td data-label={name} class={number ? "number" : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The way to the next page of a list, where there is one. */
export function NextPage({ path, cursor }: { path: string; cursor: string | null }) {
  if (cursor === null) return null;
  return (
    <nav class="paging" aria-label="Pages">
      <a href={`${path}?cursor=${encodeURIComponent(cursor)}`} rel="next">
        Next page
      </a>
    </nav>
  );
}
