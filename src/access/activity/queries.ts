import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { activity } from "../../db/schema/activity.ts";
import { idAfter, type Page, toPage } from "../../http/pagination.ts";
import { firstIdOf, isId } from "../../lib/ids.ts";
import { toRfc3339 } from "../../lib/time.ts";
import type { ActivityOutput, ActivityQuery } from "./schemas.ts";

/** The audit log, newest first. */
export async function listActivity(db: Db, query: ActivityQuery): Promise<Page<ActivityOutput>> {
  const { who, action, subject, since, until, refused, cursor, limit } = query;
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(activity)
    .where(
      and(
        who === undefined ? undefined : eq(isId(who) ? activity.callerId : activity.caller, who),
        action === undefined ? undefined : eq(activity.action, action),
        subject === undefined ? undefined : eq(activity.subjectId, subject),
        since === undefined ? undefined : gte(activity.id, firstIdOf(since)),
        until === undefined ? undefined : lt(activity.id, firstIdOf(until)),
        // Written out: SQLite takes its index for this value alone.
        refused ? sql`outcome = 'refused'` : undefined,
        after ? lt(activity.id, after) : undefined,
      ),
    )
    .orderBy(desc(activity.id))
    .limit(limit + 1);
  return toPage(rows, limit, ({ id }) => [id], toOutput);
}

function toOutput(row: typeof activity.$inferSelect): ActivityOutput {
  const { id, outcome, action, before, after } = row;
  return {
    ...{ id, at: toRfc3339(row.createdAt), outcome, action, before, after },
    caller: { kind: row.callerKind, id: row.callerId, name: row.caller },
    subject: row.subjectId === null ? null : { kind: row.subjectKind, id: row.subjectId },
    address_hash: row.addressHash,
    request_id: row.requestId,
  };
}
