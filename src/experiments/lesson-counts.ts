import { sql } from "drizzle-orm";
import { outcomes } from "../db/schema/experiments.ts";
import type { Services } from "../services.ts";
import { PROMPT_ARMS } from "./prompt-id.ts";

/** How often each lesson was in a guided prompt whose reply did not fail, or did. Of one cluster, by lesson id. */
export async function lessonCounts(db: Services["db"], clusterId: string) {
  const rows = await db.all<{ id: string; helped: number; hurt: number }>(sql`
    select l.id as id, sum(1 - o.failed) as helped, sum(o.failed) as hurt
    from lessons l join ${outcomes} o on o.cluster_id = l.cluster_id
    where l.cluster_id = ${clusterId} and l.retired_at is null and o.arm = ${PROMPT_ARMS.guided}
      and (o.lessons >> l.slot) & 1 = 1 and o.prompt_id >= l.id
    group by l.id`);
  return new Map(rows.map(({ id, helped, hurt }) => [id, { helped, hurt }]));
}
