import type { Page } from "../http/pagination.ts";
import { excerpt } from "../lib/text.ts";
import { Gain, Rating, signed } from "../ui/gain.tsx";
import { CreditTables } from "./credit-tables.tsx";
import { exportState, HelpdeskLink } from "./improvement-parts.tsx";
import type { ExportRule } from "./is-exportable.ts";
import type { Credit, ImprovementOutput, ImprovementQuery, Totals } from "./schemas.ts";

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
      {page.data.length === 0 ? <Nothing given={given} /> : <Board rows={page.data} rule={rule} />}
      <Paging next={page.next_cursor} given={given} />
      <CreditTables credit={credit} />
    </>
  );
}

function TotalsLine({ totals }: { totals: Totals }) {
  const facts = [
    { name: "improved replies", value: totals.improvements },
    { name: "mean gain", value: totals.mean_gain === null ? "–" : signed(totals.mean_gain) },
    { name: "better", value: totals.better },
    { name: "worse", value: totals.worse },
    { name: "unscored", value: totals.improvements - totals.scored },
  ];
  return (
    <dl class="totals">
      {facts.map(({ name, value }) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const SORTS = [
  ["score_gain", "Largest reliable gain"],
  ["mean_gain", "Largest mean gain"],
  ["newest", "Newest"],
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

function Board({ rows, rule }: { rows: ImprovementOutput[]; rule: ExportRule }) {
  return (
    <table class="board">
      <thead>
        <tr>
          <th scope="col">Prompt</th>
          <th scope="col">Old reply</th>
          <th scope="col">Improved reply</th>
          <th scope="col">Score gain</th>
          <th scope="col">Category</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            <td data-label="Prompt">
              <a class="prompt" href={`/improvements/${row.id}`}>
                {excerpt(row.original_prompt, SHOWN_CHARACTERS)}
              </a>
              <p class="links">
                <a href={`/improvements/${row.id}`}>Details</a>
                <HelpdeskLink url={row.context_url} />
              </p>
            </td>
            <td data-label="Old reply">
              <p class="reply">{excerpt(row.original_reply, SHOWN_CHARACTERS)}</p>
              <Rating rating={row.old_rating} />
            </td>
            <td data-label="Improved reply">
              <p class="reply">{excerpt(row.corrected_reply, SHOWN_CHARACTERS)}</p>
              <Rating rating={row.new_rating} />
            </td>
            <td data-label="Score gain" class="number">
              <Gain gain={row.score_gain_estimate} spread={row.gain_spread} />
              <p class="standing">
                {row.edited && "Edited since it was rated. "}
                {exportState(row, rule).sentence}
              </p>
            </td>
            <td data-label="Category">
              {row.failure_category !== null && (
                <a class="tag" href={`/?failure_category=${encodeURIComponent(row.failure_category)}`}>
                  {row.failure_category}
                </a>
              )}
              {row.topic !== null && (
                <a class="tag topic" href={`/?topic=${encodeURIComponent(row.topic)}`}>
                  {row.topic}
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
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
