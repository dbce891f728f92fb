import pLimit from "p-limit";
import { log } from "../../lib/log.ts";
import type { Services } from "../../services.ts";
import { type Context, type Scope, scopeName } from "./context.ts";

/** The context of a scope, from its Durable Object. @throws Error when neither its cache nor D1 can be read */
export async function readContext({ clusters }: Pick<Services, "clusters">, scope: Scope): Promise<Context> {
  const result = await objectOf(clusters, scope).read(scope);
  if ("error" in result) throw new Error(`no context of ${scopeName(scope)}: ${result.error}`);
  return result.context;
}

/** What a change is about: the contexts of its cluster and of its failure category are made of it. */
export interface Changed {
  clusterId: string | null;
  failureCategory?: string | null;
}

/** A Worker waits for six answers at once. */
const TOUCHED_AT_ONCE = 6;

/**
 * Tells clusters that what they are made of has changed. A touch that gets lost only delays a context:
 * contexts are refreshed by age as well.
 */
export async function touchClusters({ clusters }: Pick<Services, "clusters">, changed: Changed[]): Promise<void> {
  const limit = pLimit(TOUCHED_AT_ONCE);
  const touches = await Promise.allSettled(
    scopesOf(changed).map((scope) => limit(async () => objectOf(clusters, scope).touch(scope))),
  );
  const lost = touches.filter((result) => result.status === "rejected");
  if (lost.length === 0) return;
  log.warn("clusters_not_touched", { count: lost.length }, lost[0]?.reason);
}

/**
 * Rebuilds contexts at once, because they may hold what was erased; the one of everything as well.
 * @throws Error when one of them could not be: to be tried again
 */
export async function forgetContexts({ clusters }: Pick<Services, "clusters">, changed: Changed[]): Promise<void> {
  for (const scope of [...scopesOf(changed), "all" as const]) {
    const result = await objectOf(clusters, scope).forget(scope);
    if ("error" in result) throw new Error(`${scopeName(scope)} was not rebuilt: ${result.error}`);
  }
}

function objectOf(clusters: Services["clusters"], scope: Scope) {
  return clusters.get(clusters.idFromName(scopeName(scope)));
}

function scopesOf(changed: Changed[]): Scope[] {
  const scopes = new Map<string, Scope>();
  for (const { clusterId, failureCategory } of changed) {
    if (clusterId) scopes.set(scopeName({ cluster_id: clusterId }), { cluster_id: clusterId });
    if (failureCategory)
      scopes.set(scopeName({ failure_category: failureCategory }), { failure_category: failureCategory });
  }
  return [...scopes.values()];
}
