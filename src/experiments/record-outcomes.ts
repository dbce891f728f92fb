import { sql } from "drizzle-orm";
import { clusters } from "../db/schema/clusters.ts";
import { outcomes } from "../db/schema/experiments.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { PROMPT_ARMS, type PromptMark, readPromptId } from "./prompt-id.ts";
import { lessonsLeftOut } from "./split.ts";

export interface Outcome {
  prompt_id: string;
  failed: boolean;
  rating?: number | null;
}

/**
 * Keeps what became of the replies to served prompts. Repeating one changes nothing; where two disagree about one
 * prompt, "failed" wins, because a failure is often found later.
 * @returns the clusters whose numbers changed, for `touchClusters`; and the ids that are not prompts of ours, which are
 *   left out
 */
export async function recordOutcomes(
  { db, clock }: Pick<Services, "db" | "clock">,
  given: Outcome[],
): Promise<{ clusterIds: string[]; unknown: string[] }> {
  const unknown: string[] = [];
  const rows = given.flatMap((outcome) => {
    const mark = readPromptId(outcome.prompt_id);
    if (mark === null) unknown.push(outcome.prompt_id);
    return mark === null ? [] : [rowOf(outcome, mark)];
  });
  if (rows.length === 0) return { clusterIds: [], unknown };
  const field = (name: keyof ReturnType<typeof rowOf>) => sql.raw(`json_extract(value, '$.${name}')`);
  // A cluster that was merged away keeps its outcomes: they say nothing of its successor's guidance.
  const cluster = sql`(select c.id from ${clusters} c where c.number = ${field("cluster")})`;
  const written = await db
    .insert(outcomes)
    .select(
      sql`select ${field("prompt_id")}, ${cluster}, ${field("arm")}, ${field("lessons")}, ${field("left_out")},
          ${field("lessonShare")}, ${field("conversation")}, ${field("told_apart")}, ${field("plainShare")},
          ${field("failed")}, ${field("rating")}, ${clock()}
          from json_each(${JSON.stringify(rows)}) where true`,
    )
    .onConflictDoUpdate({
      target: outcomes.promptId,
      set: {
        failed: sql`max(${outcomes.failed}, excluded.failed)`,
        rating: sql`coalesce(${outcomes.rating}, excluded.rating)`,
      },
    })
    .returning({ clusterId: outcomes.clusterId });
  return { clusterIds: [...new Set(written.flatMap(({ clusterId }) => clusterId ?? []))], unknown };
}

/**
 * The outcomes that recorded failures bring with them. A fault costs the numbers, never the failures.
 * @returns the clusters whose numbers changed
 */
export async function recordFailedPrompts(
  services: Pick<Services, "db" | "clock">,
  promptIds: string[],
): Promise<string[]> {
  if (promptIds.length === 0) return [];
  try {
    const { clusterIds, unknown } = await recordOutcomes(
      services,
      promptIds.map((prompt_id) => ({ prompt_id, failed: true })),
    );
    if (unknown.length > 0) log.warn("prompts_not_ours", { count: unknown.length });
    return clusterIds;
  } catch (error) {
    log.error("outcomes_not_recorded", {}, error);
    return [];
  }
}

function rowOf({ prompt_id, failed, rating }: Outcome, { arm, isToldApart, ...mark }: PromptMark) {
  return {
    ...mark,
    ...{ prompt_id: prompt_id.toLowerCase(), failed: Number(failed), rating: rating ?? null },
    ...{ arm: PROMPT_ARMS[arm], told_apart: Number(isToldApart) },
    left_out:
      arm === "guided" ? mark.lessons & lessonsLeftOut({ code: mark.conversation }, mark.cluster, mark.lessonShare) : 0,
  };
}
