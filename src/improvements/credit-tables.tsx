import { type Column, DataTable } from "../ui/data-table.tsx";
import { signed } from "../ui/gain.tsx";
import type { Credit } from "./schemas.ts";

/** Rows of a credit table on the page; the API has more. */
const CREDIT_ROWS = 10;

export function CreditTables({ credit: { by_failure_category, by_agent } }: { credit: Credit }) {
  return (
    <div class="side-by-side">
      <CreditTable
        caption="Gained by failure category"
        rows={by_failure_category.map((row) => ({ ...row, name: row.failure_category }))}
      />
      <CreditTable caption="Gained from agents' replies" rows={by_agent.map((row) => ({ ...row, name: row.agent }))} />
    </div>
  );
}

type CreditRow = Omit<Credit["by_agent"][number], "agent"> & { name: string };

const COLUMNS: Column<CreditRow>[] = [
  { name: "Name", head: true, cell: ({ name }) => name },
  { name: "Replies", cell: ({ improvements }) => improvements },
  { name: "Mean gain", cell: ({ mean_gain }) => signed(mean_gain) },
  { name: "Points", cell: ({ points }) => signed(points) },
];

function CreditTable({ caption, rows }: { caption: string; rows: CreditRow[] }) {
  if (rows.length === 0) return null;
  return <DataTable class="numbers" caption={caption} columns={COLUMNS} rows={rows.slice(0, CREDIT_ROWS)} />;
}
