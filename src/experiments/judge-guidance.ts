import { and, eq, sql } from "drizzle-orm";
import { type Db, rowsFromJson } from "../db/client.ts";
import { clusterChanges, clusters } from "../db/schema/clusters.ts";
import type { Services } from "../services.ts";
import { countAsked, countFailed, judgedSince } from "./count-outcomes.ts";
import { verdictToActOn } from "./lift.ts";

/** Who made a change that nobody made. */
export const BY_EVIDENCE = "evidence";

/**
 * Switches a cluster's guidance off where it does harm, and on again where outcomes of prompts served since show that it
 * helps: only they count then, because what spoke against it has had its say. Looks at the evidence as often as there is
 * any, which the test allows. Pinned or not: a pin is an opinion.
 */
export async function judgeGuidance(
  { db, clock, newId }: Pick<Services, "clock" | "newId"> & { db: Db },
  clusterId: string,
): Promise<void> {
  const [cluster] = await db.select().from(clusters).where(eq(clusters.id, clusterId));
  if (cluster === undefined || cluster.mergedInto !== null) return;
  const scope = { clusterId, since: judgedSince(cluster) };
  const [failed, asked] = await Promise.all([countFailed(db, scope), countAsked(db, scope)]);
  const verdict = verdictToActOn({ failed, asked });
  const off = cluster.switchedOff ? verdict !== "helps" : verdict === "harms";
  if (off === cluster.switchedOff) return;
  const now = clock();
  // Somebody may have changed the guidance meanwhile: then this was about another.
  const same = and(eq(clusters.id, clusterId), eq(clusters.guidanceVersion, cluster.guidanceVersion));
  const change = {
    ...{ id: newId(), clusterId, kind: off ? ("switched_off" as const) : ("switched_on" as const) },
    ...{ detail: {}, actor: BY_EVIDENCE, createdAt: now },
  };
  await db.batch([
    db.insert(clusterChanges).select(
      rowsFromJson(clusterChanges, [change], {
        where: () =>
          sql`exists (select 1 from ${clusters} where ${same} and ${clusters.switchedOff} <> ${Number(off)})`,
      }),
    ),
    // What switched it on goes on counting; what switched it off does not.
    db
      .update(clusters)
      .set({ switchedOff: off, ...(off && { switchedAt: now }) })
      .where(same),
  ]);
}
