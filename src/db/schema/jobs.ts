import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Messages that no consumer could deal with. */
export const deadLetters = sqliteTable(
  "dead_letters",
  {
    id: text().primaryKey(),
    queue: text().$type<"corrections" | "jobs">().notNull(),
    body: text({ mode: "json" }).$type<unknown>().notNull(),
    error: text().notNull(),
    createdAt: integer("created_at").notNull(),
    replayedAt: integer("replayed_at"),
  },
  (t) => [index("dead_letters_open").on(t.replayedAt, t.id)],
);
