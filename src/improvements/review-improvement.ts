import { and, desc, eq, exists, sql } from "drizzle-orm";
import { touchClusters } from "../clusters/context/read-context.ts";
import { type Db, rowsFromJson } from "../db/client.ts";
import { type GuardFinding, improvements, reviews } from "../db/schema/improvements.ts";
import { found, RedraftError } from "../lib/errors.ts";
import { retryD1 } from "../lib/retry-d1.ts";
import { toRfc3339 } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { guardFindings, isRefusal } from "./guard-findings.ts";
import { getImprovement, type ImprovementDetail } from "./queries.ts";
import type { ReviewInput } from "./schemas.ts";

/**
 * Keeps a person's decision on an improvement, and the edited text where there is one. The decision counts for the
 * version that the person saw: when someone else was first, or a redo replaced it, nothing is changed.
 * @throws RedraftError `not_found`; `conflict`, saying who was first; `invalid` when a guard refuses the edited text
 */
export async function reviewImprovement(
  services: Pick<Services, "db" | "clock" | "newId" | "clusters">,
  id: string,
  review: ReviewInput,
  decidedBy: string,
): Promise<void> {
  const { db, clock, newId } = services;
  const row = found(await getImprovement(db, id), "improvement");
  const edit = editOf(row, review);
  const kept = {
    id: newId(),
    improvementId: id,
    version: review.version,
    decision: review.decision,
    note: review.note ?? null,
    replacedReply: edit === null ? null : row.corrected_reply,
    decidedBy,
    createdAt: clock(),
  };
  const asSeen = and(
    eq(improvements.id, id),
    eq(improvements.version, review.version),
    eq(improvements.isCurrent, true),
  );
  const stillAsSeen = exists(db.select({ one: sql`1` }).from(improvements).where(asSeen));
  const [, written] = await retryD1(() =>
    db.batch([
      db
        .insert(reviews)
        .select(rowsFromJson(reviews, [kept], { where: () => sql`${stillAsSeen}` }))
        .onConflictDoNothing(),
      db
        .update(improvements)
        .set({
          reviewStatus: review.decision === "approve" ? "approved" : "rejected",
          version: review.version + 1,
          ...(edit !== null && { correctedReply: edit.text, guardFindings: edit.findings, edited: true }),
        })
        .where(asSeen)
        .returning({ id: improvements.id }),
    ]),
  );
  if (written.length === 0) await unlessKept(db, id, kept.id);
  await touchClusters(services, [{ clusterId: row.cluster_id, failureCategory: row.failure_category }]);
}

/** The edited text with what the guards say of it; null where the text was left as it is. */
function editOf(row: ImprovementDetail, review: ReviewInput): { text: string; findings: GuardFinding[] } | null {
  const text = review.corrected_reply;
  if (text === undefined || text === row.corrected_reply) return null;
  const findings = guardFindings(
    {
      originalPrompt: row.original_prompt,
      conversation: row.conversation,
      aiReply: row.original_reply,
      agentReply: row.agent_reply,
      failureExplanation: row.failure_explanation,
    },
    text,
  );
  const refused = findings.filter(isRefusal);
  const errors = refused.map(({ detail }) => ({ pointer: "/corrected_reply", detail }));
  if (errors.length > 0) throw new RedraftError("invalid", "A guard refuses the edited reply.", errors);
  return { text, findings };
}

/**
 * A write that hit nothing: it was ours all the same when D1 kept it and only the answer was lost.
 * @throws RedraftError `conflict` when it was somebody else's
 */
async function unlessKept(db: Db, improvementId: string, reviewId: string): Promise<void> {
  const [last] = await db
    .select()
    .from(reviews)
    .where(eq(reviews.improvementId, improvementId))
    .orderBy(desc(reviews.version))
    .limit(1);
  if (last?.id === reviewId) return;
  const [now] = await db
    .select({ isCurrent: improvements.isCurrent })
    .from(improvements)
    .where(eq(improvements.id, improvementId));
  const first =
    last === undefined || now?.isCurrent === false
      ? "It was withdrawn, or a newer version has replaced it."
      : `${last.decidedBy} ${last.decision === "approve" ? "approved" : "rejected"} it at ${toRfc3339(last.createdAt)}.`;
  throw new RedraftError("conflict", `Someone else was first: ${first} Nothing of yours was saved.`);
}
