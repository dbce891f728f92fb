import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { clusters } from "./clusters.ts";

export const FAILURE_STATUSES = ["pending", "correcting", "improved", "needs_human", "failed", "withdrawn"] as const;
export type FailureStatus = (typeof FAILURE_STATUSES)[number];

/** One turn of a conversation with a customer. */
export interface Turn {
  role: "user" | "assistant";
  content: string;
}

/** What the AI was asked: the customer's message, the turns before it, and where to see it in the helpdesk. */
export const prompts = sqliteTable("prompts", {
  id: text().primaryKey(),
  originalPrompt: text("original_prompt").notNull(),
  conversation: text({ mode: "json" }).$type<Turn[]>(),
  contextUrl: text("context_url"),
  createdAt: integer("created_at").notNull(),
});

/**
 * Why a failure's texts teach nobody by themselves: one of them speaks to the model (`guards/addresses-model.ts`), or its
 * explanation repeats the customer's words (`guards/echo.ts`).
 */
export const SUSPICIONS = ["addresses_model", "quotes_customer"] as const;
export type Suspicion = (typeof SUSPICIONS)[number];

/** Who named a failure's topic or category. */
export type NameSource = "helpdesk" | "model" | "router" | "person";

/** A reply the AI got wrong, with the agent's own. The state columns belong to `failures/failure-state.ts`. */
export const failedReplies = sqliteTable(
  "failed_replies",
  {
    id: text().primaryKey(),
    promptId: text("prompt_id")
      .notNull()
      .references(() => prompts.id),
    externalId: text("external_id"),
    /** SHA-256 of what was sent: tells a repeated delivery from another failure under the same external id. */
    contentHash: text("content_hash").notNull(),
    aiReply: text("ai_reply").notNull(),
    agentReply: text("agent_reply").notNull(),
    failureExplanation: text("failure_explanation"),
    failureCategory: text("failure_category"),
    failureCategorySource: text("failure_category_source").$type<NameSource>(),
    clusterId: text("cluster_id").references(() => clusters.id),
    topicSource: text("topic_source").$type<NameSource>(),
    /** When it came from another cluster, by a merge or a split: it met that one's lessons, not those it is with now. */
    movedAt: integer("moved_at"),
    /** The prompt of ours that the failed reply was written from, where the helpdesk says so. */
    servedPromptId: text("served_prompt_id"),
    aiRating: real("ai_rating"),
    agentRating: real("agent_rating"),
    channel: text(),
    /** Who wrote the agent's reply, where the metadata say so. */
    agent: text(),
    model: text(),
    /** Whose it is, as far as that is known: see `failures/customer-key.ts`. */
    customerKey: text("customer_key").notNull(),
    /** Found when it was recorded. */
    suspicion: text().$type<Suspicion>(),
    metadata: text({ mode: "json" }).$type<Record<string, unknown>>(),
    /** The people whom the metadata names: left out wherever the texts go. Null: nobody. */
    knownNames: text("known_names", { mode: "json" }).$type<string[]>(),
    occurredAt: integer("occurred_at").notNull(),
    status: text().$type<FailureStatus>().notNull(),
    dueAt: integer("due_at"),
    sent: integer({ mode: "boolean" }).notNull().default(false),
    attempts: integer().notNull(),
    tries: integer().notNull(),
    reasonCode: text("reason_code"),
    reason: text(),
    runId: text("run_id"),
    /** The NDJSON import that brought it. */
    importId: text("import_id"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (t) => [
    uniqueIndex("failed_replies_external_id").on(t.externalId),
    index("failed_replies_prompt").on(t.promptId),
    index("failed_replies_status").on(t.status, t.id),
    index("failed_replies_category").on(t.failureCategory, t.id),
    index("failed_replies_cluster").on(t.clusterId, t.id),
    // With all that recurrences are told by: reading each one's row takes ten times as long.
    index("failed_replies_cluster_category").on(
      ...[t.clusterId, t.failureCategory, t.occurredAt, t.movedAt, t.servedPromptId],
    ),
    index("failed_replies_cluster_occurred").on(t.clusterId, t.occurredAt),
    index("failed_replies_run").on(t.runId, t.status),
    index("failed_replies_rated").on(t.id).where(sql`ai_rating is not null`),
    index("failed_replies_import").on(t.importId, t.id).where(sql`import_id is not null`),
    index("failed_replies_due").on(t.status, t.sent, t.dueAt).where(sql`due_at is not null`),
  ],
);

/**
 * SQL: the failure is not withdrawn. Only for what reads failures of all clusters and states: one that is withdrawn has
 * neither cluster nor category, and its improvement is not current.
 */
export const NOT_WITHDRAWN = sql`${failedReplies.status} <> 'withdrawn'`;
