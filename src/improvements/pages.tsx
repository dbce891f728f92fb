import { type Context, Hono } from "hono";
import { listFailureCategories } from "../clusters/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, checkQuery, givenQuery, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { found, noSuch, RedraftError } from "../lib/errors.ts";
import { isId } from "../lib/ids.ts";
import { DetailPage } from "./detail-page.tsx";
import { exportRule } from "./is-exportable.ts";
import { LeaderboardPage } from "./leaderboard-page.tsx";
import { getImprovement, improvementCredit, improvementTotals, listImprovements } from "./queries.ts";
import { reviewImprovement } from "./review-improvement.ts";
import { ReviewPage, type Unsaved } from "./review-page.tsx";
import { countUnreviewed, failuresLeftToPeople, nextToReview } from "./review-queue.ts";
import { improvementQuery, reviewInput } from "./schemas.ts";

/** Rows a page shows: readable at once on a screen. */
const PAGE_ROWS = 25;

/** The leaderboard, each improvement, and the review queue, one improvement at a time. */
export const improvementPages = new Hono<AppEnv>()
  .get("/", needs("read"), async (c) => {
    const { db, config } = c.var.services;
    const query = checkQuery(c, improvementQuery, PAGE_ROWS);
    const [page, totals, categories, credit] = await Promise.all([
      listImprovements(db, query),
      improvementTotals(db, query),
      listFailureCategories(db),
      improvementCredit(db, query.review),
    ]);
    const rule = exportRule(config);
    return renderPage(
      c,
      "Leaderboard",
      <LeaderboardPage {...{ page, totals, categories, query, credit, rule }} given={givenQuery(c)} />,
    );
  })
  .get("/improvements/:id", needs("read"), async (c) => {
    const improvement = found(await getImprovement(c.var.services.db, c.req.param("id")), "improvement");
    return renderPage(
      c,
      "Improvement",
      <DetailPage improvement={improvement} rule={exportRule(c.var.services.config)} />,
    );
  })
  .get("/review", needs("review"), async (c) => {
    const after = c.req.query("after") || null;
    const next = await nextToReview(c.var.services.db, after);
    return showReview(c, { id: next?.id ?? null, cursor: next?.cursor ?? "", isFirst: after === null });
  })
  .post("/improvements/:id/review", needs("review"), async (c) => {
    const id = c.req.param("id");
    if (!isId(id)) throw noSuch("improvement");
    const form = await readForm(c);
    const edits = form.decision === "edit";
    const entered = {
      // A form sends its texts with CRLF; what was stored has the line ends it was written with.
      correctedReply: edits ? (form.corrected_reply?.replaceAll("\r\n", "\n") ?? "") : undefined,
      note: form.note,
    };
    const cursor = form.cursor ?? "";
    try {
      const review = checkForm(reviewInput, {
        decision: edits ? "approve" : form.decision,
        corrected_reply: entered.correctedReply,
        note: entered.note,
        version: Number(form.version),
      });
      await reviewImprovement(c.var.services, id, review, c.var.actor);
      note(c, { after: { decision: review.decision, edited: edits } });
    } catch (error) {
      if (!(error instanceof RedraftError) || (error.code !== "conflict" && error.code !== "invalid")) throw error;
      // What the person wrote is shown again: neither lost, nor written over what someone else decided.
      const problems = [error.message, ...error.errors.map(({ detail }) => detail)];
      const status = error.code === "conflict" ? 409 : 400;
      return showReview(c, { id, cursor, isFirst: false, unsaved: { problems, ...entered } }, status);
    }
    return c.redirect(`/review${cursor === "" ? "" : `?after=${encodeURIComponent(cursor)}`}`, 303);
  });

async function showReview(
  c: Context<AppEnv>,
  { id, ...shown }: { id: string | null; cursor: string; isFirst: boolean; unsaved?: Unsaved },
  status: 200 | 400 | 409 = 200,
) {
  const { db, config } = c.var.services;
  const [improvement, unreviewed, failures] = await Promise.all([
    id === null ? null : getImprovement(db, id),
    countUnreviewed(db),
    failuresLeftToPeople(db),
  ]);
  const rule = exportRule(config);
  return renderPage(c, "Review", <ReviewPage {...{ improvement, unreviewed, failures, rule, ...shown }} />, status);
}
