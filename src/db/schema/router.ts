import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The one training of the router: what the last one learned. */
export const routerTraining = sqliteTable("router_training", {
  id: text().primaryKey(),
  /** Clusters were renamed, merged or split, or a person asked: train even when little is new. */
  requestedAt: integer("requested_at"),
  version: text(),
  topics: integer().notNull(),
  examples: integer().notNull(),
  bytes: integer().notNull(),
  trainingMs: integer("training_ms").notNull(),
  /** The newest failure when the last training began. */
  boundary: text().notNull(),
  trainedAt: integer("trained_at").notNull(),
  /** When a failure with a topic was last erased: the file holds hashed features of its message until the next training. */
  erasedAt: integer("erased_at"),
  /** It is trained again by then, because of the first such erasure since the last training. */
  forgetBy: integer("forget_by"),
});
