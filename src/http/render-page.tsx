import type { Child } from "hono/jsx";
import { Layout } from "../ui/layout.tsx";
import type { AppContext } from "./app-env.ts";

/** Answers with a page. */
export function renderPage(
  c: AppContext,
  title: string,
  children: Child,
  status: 200 | 400 | 401 | 404 | 409 | 500 | 503 = 200,
) {
  // Without services (Redraft is not set up) there is no notice to show either.
  const notice = (c.var.services as AppContext["var"]["services"] | undefined)?.config.NOTICE ?? "";
  const page = (
    <Layout title={title} notice={notice} path={c.req.path}>
      {children}
    </Layout>
  );
  return c.html(`<!doctype html>${page}`, status);
}
