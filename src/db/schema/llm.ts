import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Tokens by day (UTC, `2026-01-31`): what the daily budget is held against. */
export const dailyUsage = sqliteTable("daily_usage", {
  day: text().primaryKey(),
  modelCalls: integer("model_calls").notNull(),
  inputTokens: integer("input_tokens").notNull(),
  outputTokens: integer("output_tokens").notNull(),
  /** Of lessons and the judge's controls; apart, because they may take only a share of the budget. */
  otherTokens: integer("other_tokens").notNull().default(0),
});

/** One row, shared by all consumers: whether corrections may begin. Its states are those of `corrections/gate.ts`. */
export const gate = sqliteTable("correction_gate", {
  id: integer().primaryKey(),
  code: text(),
  reason: text(),
  until: integer(),
  /** Failures of the provider in a row. */
  failures: integer().notNull(),
  /** Which key, address and models the pause is about. */
  setup: text(),
});
