import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Names of settings, ids, counts and codes; never a text of a customer's, an agent's or a reviewer's, never a secret. */
export type Values = Record<string, string | number | boolean | null | string[]>;

/**
 * The audit log: who did what to which row. Rows are only added, and removed by age (`access/activity/`). An id tells
 * when it was, in order.
 */
export const activity = sqliteTable(
  "activity",
  {
    id: text().primaryKey(),
    /** `done`; `refused`: they were not allowed to; `failed`: an error of ours, so some of it may be done. */
    outcome: text().$type<"done" | "refused" | "failed">().notNull(),
    /** What kind of caller it was. */
    callerKind: text("caller_kind").notNull(),
    /** Of a key; null where there is none. */
    callerId: text("caller_id"),
    /** The caller's name at the time. */
    caller: text().notNull(),
    /** One of `access/activity/actions.ts`; for what was refused and is none of them, the route. */
    action: text().notNull(),
    subjectKind: text("subject_kind"),
    subjectId: text("subject_id"),
    /** What a setting was. */
    before: text({ mode: "json" }).$type<Values>(),
    /** What a setting is now, or what else was asked for. */
    after: text({ mode: "json" }).$type<Values>(),
    /** HMAC of the address it came from; null where that is not known, as on a developer's machine. */
    addressHash: text("address_hash"),
    /** As the answer and the logs have it. */
    requestId: text("request_id").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [
    index("activity_caller").on(t.caller, t.id),
    index("activity_caller_id").on(t.callerId, t.id),
    index("activity_action").on(t.action, t.id),
    index("activity_subject").on(t.subjectId, t.id),
    index("activity_refused").on(t.id, t.addressHash).where(sql`outcome = 'refused'`),
  ],
);
