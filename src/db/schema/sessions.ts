import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { keys } from "./keys.ts";

/** The browsers that are signed in. A session without its row is over. */
export const sessions = sqliteTable(
  "sessions",
  {
    /** SHA-256 of the id in the browser's cookie: what stands here opens nothing. */
    idHash: text("id_hash").primaryKey(),
    /** The key that opened it, with which it ends; null: ADMIN_KEY. */
    keyId: text("key_id").references(() => keys.id),
    createdAt: integer("created_at").notNull(),
    /** To some minutes: one that nobody uses ends before it expires. */
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [index("sessions_expired").on(t.expiresAt)],
);
