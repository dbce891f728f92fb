import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { dailyUsage } from "../db/schema/llm.ts";
import { dayOf } from "../lib/time.ts";
import type { Usage } from "./model.ts";

/**
 * A statement that adds what model calls cost to the day's usage, which the daily budget is held against.
 * @param isNew whether it is not counted yet; decided in the transaction it stands in
 */
export function countUsage(db: Db, now: number, { calls, inputTokens, outputTokens }: Usage, isNew: SQL) {
  return db
    .insert(dailyUsage)
    .select(sql`select ${dayOf(now)}, ${calls}, ${inputTokens}, ${outputTokens}, 0 where ${isNew}`)
    .onConflictDoUpdate({
      target: dailyUsage.day,
      set: {
        modelCalls: sql`${dailyUsage.modelCalls} + excluded.model_calls`,
        inputTokens: sql`${dailyUsage.inputTokens} + excluded.input_tokens`,
        outputTokens: sql`${dailyUsage.outputTokens} + excluded.output_tokens`,
      },
    });
}
