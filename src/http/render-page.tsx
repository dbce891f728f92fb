import type { Child } from "hono/jsx";
import { withoutTurns } from "../lib/visible-text.ts";
import { Layout } from "../ui/layout.tsx";
import type { AppContext } from "./app-env.ts";

/** Answers with a page. */
export function renderPage(
  c: AppContext,
  title: string,
  children: Child,
  status: 200 | 400 | 401 | 403 | 404 | 409 | 429 | 500 | 503 = 200,
) {
  // Without services (Redraft is not set up) there is no notice to show either.
  const notice = (c.var.services as AppContext["var"]["services"] | undefined)?.config.NOTICE ?? "";
  const caller = c.var.caller as AppContext["var"]["caller"] | undefined;
  const who = caller === undefined || caller.kind === "public" ? null : caller;
  const page = (
    <Layout title={title} notice={notice} path={c.req.path} who={who}>
      {children}
    </Layout>
  );
  return c.html(`<!doctype html>${shownInOrder(String(page))}`, status);
}

const FIELD_OR_NOT = /(<textarea[\s\S]*?<\/textarea>)/;

/**
 * Texts that turn the direction of writing show their letters in another order than they have, and could turn what
 * stands behind them. Fields keep them: what is saved unchanged has to be unchanged, and a field turns nothing outside.
 */
function shownInOrder(html: string): string {
  return html
    .split(FIELD_OR_NOT)
    .map((part, i) => (i % 2 === 1 ? part : withoutTurns(part)))
    .join("");
}
