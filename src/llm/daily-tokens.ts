import { eq, sql } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Db } from "../db/client.ts";
import { dailyUsage } from "../db/schema/llm.ts";
import { retryD1 } from "../lib/retry-d1.ts";
import { type Clock, dayOf } from "../lib/time.ts";
import type { Model } from "./model.ts";
import { meterModel } from "./wrap-model.ts";

/** What counting and limiting model calls needs: the day's usage, the time, the settings. */
export interface Metering {
  db: Db;
  clock: Clock;
  config: Config;
}

/** SQL: all tokens of a day. */
export const TOKENS_OF_DAY = sql<number>`${dailyUsage.inputTokens} + ${dailyUsage.outputTokens} + ${dailyUsage.otherTokens}`;

/**
 * What is left of the day's budget in tokens; Infinity without one, 0 or less when it is used up.
 * @param share of the budget that all that is no correction may take together, where corrections are to come first
 */
export async function tokensLeft({ db, clock, config }: Metering, share = 1): Promise<number> {
  const budget = config.DAILY_TOKEN_BUDGET;
  if (budget === 0) return Number.POSITIVE_INFINITY;
  const [used] = await db
    .select({ all: TOKENS_OF_DAY.as("tokens"), other: dailyUsage.otherTokens })
    .from(dailyUsage)
    .where(eq(dailyUsage.day, dayOf(clock())));
  return Math.min(budget - (used?.all ?? 0), share * budget - (used?.other ?? 0));
}

/**
 * Does work that is no correction with a model whose tokens count for the day, whether it succeeds or fails. A
 * correction counts its own, together with its attempt.
 * @param work is also given the tokens used so far
 */
export async function countTokens<T>(
  { db, clock, model }: Pick<Metering, "db" | "clock"> & { model: Model },
  work: (model: Model, used: () => number) => Promise<T>,
): Promise<T> {
  const metered = meterModel(model);
  const used = () => metered.usage().inputTokens + metered.usage().outputTokens;
  try {
    return await work(metered.model, used);
  } finally {
    const otherTokens = used();
    if (otherTokens > 0) {
      const row = { day: dayOf(clock()), modelCalls: 0, inputTokens: 0, outputTokens: 0, otherTokens };
      // Not idempotent: tried again after a passing fault it may count twice, which errs on the budget's side.
      await retryD1(() =>
        db
          .insert(dailyUsage)
          .values(row)
          .onConflictDoUpdate({
            target: dailyUsage.day,
            set: { otherTokens: sql`${dailyUsage.otherTokens} + excluded.other_tokens` },
          }),
      );
    }
  }
}
