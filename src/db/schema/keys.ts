import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What a caller may do; `admin` includes all others. */
export const SCOPES = ["ingest", "prompts", "read", "review", "export", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Keys to the API and the pages. One that was revoked keeps its row: what it did names it. */
export const keys = sqliteTable("keys", {
  id: text().primaryKey(),
  name: text().notNull(),
  scopes: text({ mode: "json" }).$type<Scope[]>().notNull(),
  /** SHA-256 of its secret: what stands here opens nothing. */
  secretHash: text("secret_hash").notNull(),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  /** Null: never. */
  expiresAt: integer("expires_at"),
  revokedAt: integer("revoked_at"),
  revokedBy: text("revoked_by"),
  /** To the hour. */
  lastUsedAt: integer("last_used_at"),
});

export type Key = typeof keys.$inferSelect;
