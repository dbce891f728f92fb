import { eq } from "drizzle-orm";
import { exportsTable } from "../../db/schema/exports.ts";
import { comparisons, fineTunes } from "../../db/schema/fine-tunes.ts";
import { askFor } from "../../jobs/ask-for.ts";
import { wakeJob } from "../../jobs/wake-jobs.ts";
import { RUBRIC } from "../../judge/rate-reply.ts";
import { found, RedraftError } from "../../lib/errors.ts";
import type { Services } from "../../services.ts";
import { DEFAULT_CASES } from "./schemas.ts";

/**
 * Asks for a comparison of a tuned model with its base; it runs in the background. While one is under way it is the
 * one that is meant: nothing is paid twice.
 * @throws RedraftError where there is no tuned model, or nobody can tell any more what it has not seen
 */
export async function requestComparison(
  services: Pick<Services, "db" | "clock" | "newId" | "config" | "jobs">,
  fineTuneId: string,
  { limit = DEFAULT_CASES }: { limit?: number },
): Promise<void> {
  const { db, clock, newId, config } = services;
  const [row] = await db
    .select({ fineTune: fineTunes, source: exportsTable })
    .from(fineTunes)
    .leftJoin(exportsTable, eq(exportsTable.id, fineTunes.exportId))
    .where(eq(fineTunes.id, fineTuneId));
  const { fineTune, source } = found(row, "fine-tune");
  const refuse = (detail: string) => new RedraftError("conflict", detail);
  if (fineTune.status !== "succeeded" || fineTune.model === null)
    throw refuse(`The fine-tune is ${fineTune.status}; there is no tuned model to compare.`);
  if (source?.status !== "done" || source.generation !== fineTune.generation) {
    const what = source === null ? "deleted" : "rebuilt";
    throw refuse(`The export has since been ${what}, so there is no saying which failures this model has not seen.`);
  }
  const now = clock();
  const id = newId();
  const [[requested]] = await db.batch([
    db
      .insert(comparisons)
      .values({
        ...{ id, fineTuneId, status: "queued", caseLimit: limit, tokens: 0, createdAt: now },
        ...{ baseModel: fineTune.options.base_model, tunedModel: fineTune.model },
        ...{ judgeModel: config.JUDGE_MODEL, judgeSamples: config.JUDGE_SAMPLES, rubric: RUBRIC },
      })
      // At most one of a fine-tune is open.
      .onConflictDoNothing()
      .returning({ id: comparisons.id }),
    askFor(db, "comparison", id, now),
  ]);
  if (requested !== undefined) await wakeJob(services, "comparison", id);
}
