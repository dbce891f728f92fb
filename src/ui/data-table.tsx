import type { Child } from "hono/jsx";

export interface Column<Row> {
  name: string;
  /** Named for screen readers only, as the column of buttons is. */
  unseen?: boolean;
  /** Its cells name their rows. */
  head?: boolean;
  number?: boolean;
  class?: string;
  cell: (row: Row) => Child;
}

interface Props<Row> {
  columns: Column<Row>[];
  rows: Row[];
  /** How it looks: `board` (on a phone each row is a card with its columns' names), `fields` or `numbers`. */
  class?: string;
  caption?: string;
  /** Whether something in it is under way, so that it keeps itself fresh (`public/live.js`). */
  live?: boolean;
}

export function DataTable<Row>({ columns, rows, class: look = "board records", caption, live = false }: Props<Row>) {
  return (
    <table class={look} data-live data-live-on={live || undefined}>
      {caption !== undefined && <caption>{caption}</caption>}
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
            {columns.map((column) => (
              <Cell column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column: { name, head, number, class: look, cell }, row }: { column: Column<Row>; row: Row }) {
  if (head) {
    return (
      <th scope="row" class={look}>
        {cell(row)}
      </th>
    );
  }
  return (
    <td data-label={name} class={number ? "number" : look}>
      {cell(row)}
    </td>
  );
}

interface NextPageProps {
  path: string;
  cursor: string | null;
  /** The filters of this page, which the next one keeps. */
  given?: Record<string, string>;
}

/** The way to the next page of a list, where there is one. */
export function NextPage({ path, cursor, given = {} }: NextPageProps) {
  if (cursor === null) return null;
  return (
    <nav class="paging" aria-label="Pages">
      <a href={`${path}?${new URLSearchParams({ ...given, cursor })}`} rel="next">
        Next page
      </a>
    </nav>
  );
}
