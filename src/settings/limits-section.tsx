import type { Counters } from "../limits.ts";
import { LIMITS, type LimitName } from "../limits.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";

const NAMES = Object.keys(LIMITS) as LimitName[];

/** How much one caller may ask, and where nothing counts it. */
export function LimitsSection({ counters }: { counters: Counters }) {
  const columns: Column<LimitName>[] = [
    { name: "Limit", cell: (name) => name },
    {
      name: "Requests",
      cell: (name) =>
        counters[name] === null
          ? "not counted: its binding is missing"
          : `${LIMITS[name].requests} in ${LIMITS[name].seconds} s`,
    },
    { name: "For each", cell: (name) => LIMITS[name].each },
    { name: "Counts", cell: (name) => LIMITS[name].counts },
  ];
  return (
    <section>
      <h2>Limits of one caller</h2>
      <DataTable class="board records" columns={columns} rows={NAMES} />
    </section>
  );
}
