import { and, inArray, type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { exportCheckpoints, exportsTable } from "../db/schema/exports.ts";
import { jobs } from "../db/schema/jobs.ts";
import { restartJobs } from "../jobs/ask-for.ts";

/**
 * Statements: an export being written may have read what is erased. Its writer loses the claim, and the next one
 * begins again from the first row; so does one that is between two tries, whose checkpoint may hold it. What was
 * written of it until now is of an earlier beginning, and can be told by that.
 * @param which of those that are being written
 */
export function beginAgain(db: Db, which: SQL, now: number) {
  const mayHold = db
    .select({ id: exportsTable.id })
    .from(exportsTable)
    .where(and(inArray(exportsTable.status, ["queued", "running"]), which));
  return [
    db.update(exportCheckpoints).set({ discarded: true }).where(inArray(exportCheckpoints.exportId, mayHold)),
    db
      .update(exportsTable)
      .set({ cursor: null, begun: sql`${exportsTable.begun} + 1` })
      .where(inArray(exportsTable.id, mayHold)),
    restartJobs(db, "export", inArray(jobs.subject, mayHold), now),
  ] as const;
}
