import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { correctionModels } from "../db/schema/learning.ts";

/**
 * A statement that notes which model an improvement was written with, where the one before had another; for the batch
 * that stores it. Reads one row, and writes only when the model changes.
 * @param condition SQL; where it is false nothing is noted
 */
export function noteCorrectionModel(db: Db, model: string, now: number, condition: SQL) {
  return db
    .insert(correctionModels)
    .select(
      sql`select ${now}, ${model} where ${condition}
        and ${model} is not (select m.model from ${correctionModels} m order by m.since desc limit 1)`,
    )
    .onConflictDoNothing();
}
