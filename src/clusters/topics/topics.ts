import { eq, getTableColumns, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { clusters, clusterTopics } from "../../db/schema/clusters.ts";
import { RedraftError } from "../../lib/errors.ts";
import type { Services } from "../../services.ts";

/**
 * What two spellings of a topic must share to be one cluster: letters and digits of any script, case and
 * punctuation aside ("Refund status?" and "refund_status" are one). The first spelling seen names the cluster.
 */
export function topicKey(topic: string): string {
  const folded = topic.normalize("NFKC").toLowerCase();
  return folded.replace(/[^\p{L}\p{M}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "") || folded;
}

/**
 * Statements that make sure each topic has a cluster; to run before rows that refer to it, in the same batch.
 * Two requests that bring the same new topic make one cluster.
 */
export function ensureTopics({ db, newId }: Pick<Services, "db" | "newId">, topics: Iterable<string>, now: number) {
  const byKey = new Map<string, { id: string; topic: string; key: string }>();
  for (const topic of topics) {
    const key = topicKey(topic);
    if (!byKey.has(key)) byKey.set(key, { id: newId(), topic, key });
  }
  const json = JSON.stringify([...byKey.values()]);
  const field = (name: string) => sql`json_extract(value, ${`$.${name}`})`;
  const isNew = sql`not exists (select 1 from ${clusterTopics} t where t.key = ${field("key")})`;
  const nextNumber = sql`(select coalesce(max(c.number), 0) + 1 from ${clusters} c)`;
  return [
    db.insert(clusters).select(
      // In the order of the columns: merged into nothing, no lessons yet, outcomes count from the start, not switched
      // off, none unread, none refused.
      sql`select ${field("id")}, ${field("topic")}, ${nextNumber} + json_each.key, ${now}, null, 0, 0, 0, 0, null, '[]', 0, 0
            from json_each(${json}) where ${isNew}`,
    ),
    db
      .insert(clusterTopics)
      .select(sql`select ${field("key")}, ${field("id")} from json_each(${json}) where ${isNew}`)
      .onConflictDoNothing(),
  ] as const;
}

/** SQL for the cluster of a topic, as the rows before it in the batch left it; null for a null topic. */
export function clusterIdOf(topicKeySql: ReturnType<typeof sql>) {
  return sql`(select cluster_id from ${clusterTopics} t where t.key = ${topicKeySql})`;
}

/** The cluster that a topic, in any spelling or former name, leads to. */
export async function findCluster(db: Db, topic: string) {
  const [row] = await db
    .select(getTableColumns(clusters))
    .from(clusterTopics)
    .innerJoin(clusters, eq(clusters.id, clusterTopics.clusterId))
    .where(eq(clusterTopics.key, topicKey(topic)));
  return row ?? null;
}

/** The same. @throws RedraftError `not_found` where the topic leads to none */
export async function clusterOfTopic(db: Db, topic: string) {
  const cluster = await findCluster(db, topic);
  if (cluster === null) throw new RedraftError("not_found", `There is no cluster of the topic "${topic}".`);
  return cluster;
}
