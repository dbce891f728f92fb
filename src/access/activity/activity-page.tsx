import type { Values } from "../../db/schema/activity.ts";
import type { Page } from "../../http/pagination.ts";
import { isId } from "../../lib/ids.ts";
import { type Column, DataTable, NextPage } from "../../ui/data-table.tsx";
import { When } from "../../ui/when.tsx";
import { ACTION_NAMES } from "./actions.ts";
import type { ActivityOutput } from "./schemas.ts";

interface Props {
  /** The filter as it was sent, by its fields' names. */
  given: Record<string, string>;
  page: Page<ActivityOutput>;
  /** 0: for good. */
  keptDays: number;
}

export function ActivityPage({ given, page, keptDays }: Props) {
  const { cursor: _, ...filter } = given;
  return (
    <>
      <h1>Audit log</h1>
      <p class="hint">
        Who decided, started, changed or took out what; sign-ins; and what was refused. Ids and settings only, no texts.{" "}
        {keptDays === 0 ? "Kept for good." : `Kept for ${keptDays} days.`}
      </p>
      <Filters given={filter} />
      {page.data.length === 0 ? (
        <p class="empty">{Object.keys(filter).length === 0 ? "Nothing has been done yet." : "Nothing matches."}</p>
      ) : (
        <DataTable columns={COLUMNS} rows={page.data} />
      )}
      <NextPage path="/activity" cursor={page.next_cursor} given={filter} />
    </>
  );
}

const FIELDS = [
  { name: "who", label: "Who (name, or a key's id)", type: "text", maxlength: 200 },
  { name: "subject", label: "To what (its id)", type: "text", maxlength: 200 },
  { name: "since", label: "From (UTC)", type: "datetime-local" },
  { name: "until", label: "Before (UTC)", type: "datetime-local" },
] as const;

function Filters({ given }: Pick<Props, "given">) {
  return (
    <form class="filters selection-form" method="get" action="/activity">
      <label>
        Action
        <select name="action">
          <option value="">Any</option>
          {ACTION_NAMES.map((name) => (
            <option value={name} selected={name === given.action}>
              {inWords(name)}
            </option>
          ))}
        </select>
      </label>
      {FIELDS.map(({ name, label, ...input }) => (
        <label>
          {label}
          <input name={name} value={given[name] ?? ""} {...input} />
        </label>
      ))}
      <label>
        Outcome
        <select name="refused">
          <option value="">Any</option>
          <option value="true" selected={given.refused === "true"}>
            Refused
          </option>
        </select>
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}

const COLUMNS: Column<ActivityOutput>[] = [
  { name: "When", cell: ({ at }) => <When time={at} /> },
  {
    name: "Who",
    cell: ({ caller }) =>
      caller.kind === "public" ? (
        "no key"
      ) : (
        <a href={`/activity?who=${encodeURIComponent(caller.id ?? caller.name)}`}>{caller.name}</a>
      ),
  },
  {
    name: "Action",
    cell: ({ action, outcome }) => (
      <>
        {inWords(action)}
        {outcome !== "done" && <div class="error">{outcome}</div>}
      </>
    ),
  },
  {
    name: "To what",
    cell: ({ subject }) =>
      subject === null ? (
        "–"
      ) : (
        <a href={`/activity?subject=${subject.id}`} title={subject.id}>
          {`${subject.kind ?? ""} ${shortId(subject.id)}`}
        </a>
      ),
  },
  {
    name: "With",
    cell: ({ before, after }) => {
      const [was, is] = [before, after].map((values) => values && shown(values));
      return was ? `${was} → ${is ?? "none"}` : (is ?? "–");
    },
  },
  { name: "Address", cell: ({ address_hash }) => address_hash?.slice(0, 8) ?? "–" },
];

function shown(values: Values): string {
  const inShort = (value: Values[string]) => {
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value !== "string") return value ?? "none";
    return isId(value) ? shortId(value) : value;
  };
  return Object.entries(values)
    .map(([name, value]) => `${inWords(name)} ${inShort(value)}`)
    .join("; ");
}

/** Its end: ids that were made together begin alike. */
function shortId(id: string): string {
  return `…${id.slice(-8)}`;
}

/** `make_key` as "make key"; a route stays as it is. */
function inWords(name: string): string {
  return name.includes("/") ? name : name.replaceAll("_", " ");
}
