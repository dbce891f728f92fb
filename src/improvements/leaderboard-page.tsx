import type { Page } from "../http/pagination.ts";
import { excerpt } from "../lib/text.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Facts } from "../ui/facts.tsx";
import { Gain, Rating, signed } from "../ui/gain.tsx";
import { CreditTables } from "./credit-tables.tsx";
import { exportState, HelpdeskLink } from "./improvement-parts.tsx";
import type { ExportRule } from "./is-exportable.ts";
import type { Totals } from "./queries.ts";
import type { Credit, ImprovementOutput, ImprovementQuery } from "./schemas.ts";

/** What a row shows of a text; the detail page shows all of it. */
const SHOWN_CHARACTERS = 400;

interface Props {
  page: Page<ImprovementOutput>;
  totals: Totals;
  categories: { failure_category: string; failures: number }[];
  query: ImprovementQuery;
  /** The query as it was given, for links to further pages. */
  given: Record<string, string>;
  credit: Credit;
  rule: ExportRule;
}

export function LeaderboardPage({ page, totals, categories, query, given, credit, rule }: Props) {
  return (
    <>
      <h1>Most improved replies</h1>
      <TotalsLine totals={totals} />
      <Filters categories={categories} query={query} />
      {page.data.length === 0 ? (
        <Nothing given={given} />
      ) : (
        <DataTable class="board" columns={boardColumns(rule)} rows={page.data} />
      )}
      <Paging next={page.next_cursor} given={given} />
      <CreditTables credit={credit} />
    </>
  );
}

function TotalsLine({ totals }: Pick<Props, "totals">) {
  const { improvements, scored, mean_gain, better, worse } = totals;
  const facts = { "improved replies": improvements, "mean gain": signed(mean_gain), better, worse };
  return <Facts as="totals" facts={{ ...facts, unscored: improvements - scored }} />;
}

const SORTS = [
  ["score_gain", "Largest reliable gain"],
  ["mean_gain", "Largest mean gain"],
  ["newest", "Newest"],
] as const;

const REVIEWS = [
  ["", "All but rejected"],
  ["approved", "Approved"],
  ["unreviewed", "Not reviewed"],
  ["rejected", "Rejected"],
  ["all", "All"],
] as const;

function Filters({ categories, query }: Pick<Props, "categories" | "query">) {
  return (
    <form class="filters" method="get" action="/">
      <label>
        Search
        <input type="search" name="q" value={query.q ?? ""} maxlength={200} />
      </label>
      <label>
        Failure category
        <select name="failure_category">
          <option value="">Any</option>
          {categories.map(({ failure_category, failures }) => (
            <option value={failure_category} selected={failure_category === query.failure_category}>
              {`${failure_category} (${failures})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Topic
        <input name="topic" value={query.topic ?? ""} maxlength={200} />
      </label>
      <label>
        Minimum gain
        <input name="min_gain" type="number" min={-100} max={100} value={query.min_gain ?? ""} />
      </label>
      <label>
        Review
        <select name="review">
          {REVIEWS.map(([review, name]) => (
            <option value={review} selected={review === (query.review ?? "")}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Order
        <select name="sort">
          {SORTS.map(([sort, name]) => (
            <option value={sort} selected={query.sort === sort}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

const boardColumns = (rule: ExportRule): Column<ImprovementOutput>[] => [
  {
    name: "Prompt",
    cell: ({ id, original_prompt, context_url }) => (
      <>
        <a class="prompt" href={`/improvements/${id}`}>
          {excerpt(original_prompt, SHOWN_CHARACTERS)}
        </a>
        <p class="links">
          <a href={`/improvements/${id}`}>Details</a>
          <HelpdeskLink url={context_url} />
        </p>
      </>
    ),
  },
  { name: "Old reply", cell: (row) => <RatedReply reply={row.original_reply} rating={row.old_rating} /> },
  { name: "Improved reply", cell: (row) => <RatedReply reply={row.corrected_reply} rating={row.new_rating} /> },
  {
    name: "Score gain",
    number: true,
    cell: (row) => (
      <>
        <Gain gain={row.score_gain_estimate} spread={row.gain_spread} />
        <p class="standing">
          {row.edited && "Edited since it was rated. "}
          {exportState(row, rule).sentence}
        </p>
      </>
    ),
  },
  {
    name: "Category",
    cell: ({ failure_category, topic }) => (
      <>
        {failure_category !== null && (
          <a class="tag" href={`/?failure_category=${encodeURIComponent(failure_category)}`}>
            {failure_category}
          </a>
        )}
        {topic !== null && (
          <a class="tag topic" href={`/?topic=${encodeURIComponent(topic)}`}>
            {topic}
          </a>
        )}
      </>
    ),
  },
];

function RatedReply({ reply, rating }: { reply: string; rating: number | null }) {
  return (
    <>
      <p class="reply">{excerpt(reply, SHOWN_CHARACTERS)}</p>
      <Rating rating={rating} />
    </>
  );
}

function Nothing({ given }: Pick<Props, "given">) {
  const filtered = Object.keys(given).some((name) => name !== "sort" && name !== "cursor");
  return (
    <p class="empty">
      {filtered
        ? "No improved reply matches."
        : "No improved replies yet. Record failures with POST /v1/failures, then start a run with POST /v1/correction-runs."}
    </p>
  );
}

function Paging({ next, given }: { next: string | null; given: Record<string, string> }) {
  const { cursor, ...rest } = given;
  const link = (query: Record<string, string>) => `/?${new URLSearchParams(query)}`;
  return (
    <nav class="paging" aria-label="Pages">
      {cursor !== undefined && <a href={link(rest)}>First page</a>}
      {next !== null && (
        <a href={link({ ...rest, cursor: next })} rel="next">
          Next page
        </a>
      )}
    </nav>
  );
}
