import type { AppContext } from "./app-env.ts";
import type { Problem } from "./problem.ts";
import { renderPage } from "./render-page.tsx";

const PAGE_STATUSES = [400, 401, 403, 404, 409, 429, 500, 503] as const;

/** The page a person sees where a program would get problem details. */
export function errorPage(c: AppContext, problem: Problem) {
  const status = PAGE_STATUSES.find((known) => known === problem.status) ?? 400;
  return renderPage(
    c,
    problem.title,
    <section class="card">
      <h1>{problem.title}</h1>
      <p>{problem.detail}</p>
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map(({ pointer, detail }) => (
            <li>{`${pointer} ${detail}`}</li>
          ))}
        </ul>
      )}
      <p class="hint">Request {problem.request_id}</p>
      <p>
        <a href="/">Back to the leaderboard</a>
      </p>
    </section>,
    status,
  );
}
