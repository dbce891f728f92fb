import { describeError } from "../lib/errors.ts";
import type { Services } from "../services.ts";
import { type Context, type Scope, scopeName } from "./context.ts";

/** The context of a scope, from its Durable Object. @throws Error when neither its cache nor D1 can be read */
export async function readContext({ clusters }: Pick<Services, "clusters">, scope: Scope): Promise<Context> {
  const result = await clusters.get(clusters.idFromName(scopeName(scope))).read(scope);
  if ("error" in result) throw new Error(`no context of ${scopeName(scope)}: ${result.error}`);
  return result.context;
}

/**
 * Tells the clusters of what changed that they should know of it. A touch that gets lost only delays a context:
 * contexts are refreshed by age as well.
 */
export async function touchClusters(
  { clusters }: Pick<Services, "clusters">,
  changed: { clusterId: string | null; failureCategory: string | null }[],
): Promise<void> {
  const scopes = new Map<string, Scope>();
  for (const { clusterId, failureCategory } of changed) {
    if (clusterId) scopes.set(scopeName({ cluster_id: clusterId }), { cluster_id: clusterId });
    if (failureCategory)
      scopes.set(scopeName({ failure_category: failureCategory }), { failure_category: failureCategory });
  }
  try {
    for (const [name, scope] of scopes) await clusters.get(clusters.idFromName(name)).touch(scope);
  } catch (error) {
    console.warn(JSON.stringify({ event: "cluster_not_touched", error: describeError(error) }));
  }
}
