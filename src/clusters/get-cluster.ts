import { DAY, toRfc3339 } from "../lib/time.ts";
import type { Services } from "../services.ts";
import { clusterNumbers } from "./queries.ts";
import { readContext } from "./read-context.ts";
import type { ClusterDetail } from "./schemas.ts";
import { findCluster } from "./topics.ts";

const TREND_MS = 30 * DAY;

/** One cluster: what its context says, and its numbers. */
export async function getCluster(
  services: Pick<Services, "db" | "clock" | "clusters">,
  topic: string,
): Promise<ClusterDetail | null> {
  const cluster = await findCluster(services.db, topic);
  if (cluster === null) return null;
  const [context, numbers] = await Promise.all([
    readContext(services, { cluster_id: cluster.id }),
    clusterNumbers(services.db, cluster.id, services.clock() - TREND_MS),
  ]);
  return {
    topic: cluster.topic,
    failures: context.failures,
    failure_categories: context.failure_categories,
    guidance: context.lessons,
    examples: context.examples,
    version: context.version,
    refreshed_at: toRfc3339(context.built_at),
    ...numbers,
  };
}
