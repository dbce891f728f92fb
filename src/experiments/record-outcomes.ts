import { eq, sql } from "drizzle-orm";
import { clusters } from "../db/schema/clusters.ts";
import { outcomes } from "../db/schema/experiments.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { PROMPT_ARMS, readPromptId } from "./prompt-id.ts";

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
    return mark === null ? [] : [{ ...outcome, prompt_id: outcome.prompt_id.toLowerCase(), ...mark }];
  });
  if (rows.length === 0) return { clusterIds: [], unknown };
  const json = JSON.stringify(rows.map((row) => ({ ...row, arm: PROMPT_ARMS[row.arm], failed: Number(row.failed) })));
  const field = (name: keyof (typeof rows)[number]) => sql.raw(`json_extract(value, '$.${name}')`);
  // A merged cluster's outcomes are its successor's, but its lessons were others.
  const cluster = sql`(select coalesce(c.merged_into, c.id) from ${clusters} c where c.number = ${field("cluster")})`;
  const lessons = sql`(select case when c.merged_into is null then ${field("lessons")} else 0 end
    from ${clusters} c where c.number = ${field("cluster")})`;
  const written = await db
    .insert(outcomes)
    .select(
      sql`select ${field("prompt_id")}, ${cluster}, ${field("arm")}, coalesce(${lessons}, 0), ${field("failed")},
          ${field("rating")}, ${clock()}
          from json_each(${json}) where true`,
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

/** Moves a cluster's outcomes to another, whose lessons they were not made with. */
export function moveOutcomes(db: Services["db"], from: string, to: string) {
  return db.update(outcomes).set({ clusterId: to, lessons: 0 }).where(eq(outcomes.clusterId, from));
}
