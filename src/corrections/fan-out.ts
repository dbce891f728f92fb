import { and, asc, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import { valuesOf } from "../db/client.ts";
import { correctionRuns } from "../db/schema/corrections.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { nextState, RECORDED, requestableStatus } from "../failures/failure-state.ts";
import { wakeCorrections } from "../failures/wake-corrections.ts";
import { DONE, type JobEnd } from "../jobs/job.ts";
import type { Services } from "../services.ts";
import { runConditions } from "./start-run.ts";

/** Failures asked for at a time, and how many such pages one invocation does (D1 allows 1,000 queries in one). */
const PAGE = 500;
const PAGES = 60;

/**
 * Fans a run out over its failures, in keyset pages: each page is marked as asked for and the run's cursor moved in
 * one transaction, then the wake-up messages go out. Cut off anywhere, it goes on from the cursor; a message that
 * was not sent is sent by the sweep.
 */
export async function fanOut(services: Pick<Services, "db" | "clock" | "corrections">, runId: string): Promise<JobEnd> {
  for (let page = 0; page < PAGES; page++) if (await fanOutPage(services, runId)) return DONE;
  return { end: "again", at: services.clock() };
}

/** @returns true when the run is fanned out */
async function fanOutPage(services: Pick<Services, "db" | "clock" | "corrections">, runId: string): Promise<boolean> {
  const { db, clock } = services;
  const [run] = await db.select().from(correctionRuns).where(eq(correctionRuns.id, runId));
  if (run === undefined || run.fannedOutAt !== null) return true;
  const now = clock();
  const left = Math.min(PAGE, run.filter.limit === undefined ? PAGE : run.filter.limit - run.taken);
  const where = await runConditions(db, run.filter, run.cursor);
  const rows =
    where === null || left <= 0
      ? []
      : await db
          .select({ id: failedReplies.id })
          .from(failedReplies)
          .where(and(...where, lte(failedReplies.id, run.boundary ?? "")))
          .orderBy(asc(failedReplies.id))
          .limit(left);
  const last = rows.at(-1);
  if (last === undefined) {
    await db
      .update(correctionRuns)
      .set({ fannedOutAt: now })
      .where(and(eq(correctionRuns.id, runId), isNull(correctionRuns.fannedOutAt)));
    return true;
  }

  const redo = run.filter.redo === "failed";
  const status = requestableStatus(redo);
  const requested = nextState({ ...RECORDED, status }, { type: "requested", runId, redo }, now, 0);
  if (requested === null) throw new Error("a failure in a requestable state cannot be requested");
  const { attempts: _, ...asked } = requested;
  const unmoved = sql`exists (select 1 from ${correctionRuns} r where r.id = ${runId} and coalesce(r.cursor, '') = ${run.cursor ?? ""})`;
  const ids = valuesOf(rows.map(({ id }) => id));
  const [taken] = await db.batch([
    db
      .update(failedReplies)
      .set({ ...asked, updatedAt: now })
      .where(
        and(inArray(failedReplies.id, ids), eq(failedReplies.status, status), isNull(failedReplies.dueAt), unmoved),
      )
      .returning({ id: failedReplies.id }),
    db
      .update(correctionRuns)
      .set({
        cursor: last.id,
        taken: sql`${correctionRuns.taken} + (select count(*) from ${failedReplies} f where f.id in ${ids} and f.run_id = ${runId})`,
      })
      .where(and(eq(correctionRuns.id, runId), unmoved)),
  ]);
  await wakeCorrections(
    services,
    taken.map(({ id }) => id),
  );
  return false;
}
