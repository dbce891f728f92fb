import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Role } from "../../lib/access-roles.ts";

/** The people whom Cloudflare Access let in. */
export const people = sqliteTable("people", {
  id: text().primaryKey(),
  /** In lower case. What is recorded of who decided. */
  email: text().notNull().unique(),
  /** As their identity provider says it, where it does. */
  name: text(),
  /** As they had it when they were last seen. */
  role: text().$type<Role>().notNull(),
  /** Signs, with ADMIN_KEY, the links they make; replaced when they sign out everywhere. */
  linkSecret: text("link_secret").notNull(),
  firstSeenAt: integer("first_seen_at").notNull(),
  /** To the hour. */
  lastSeenAt: integer("last_seen_at").notNull(),
  /** When they signed out everywhere: what Access gave them before that opens nothing. */
  signedOutAt: integer("signed_out_at"),
});

export type Person = typeof people.$inferSelect;

/** Failed attempts at the sign-in page. */
export const signInAttempts = sqliteTable(
  "sign_in_attempts",
  {
    /** A hashed address; `all` for all of them together. */
    who: text().primaryKey(),
    failed: integer().notNull(),
    /** When counting begins again. */
    endsAt: integer("ends_at").notNull(),
  },
  (t) => [index("sign_in_attempts_ended").on(t.endsAt)],
);
