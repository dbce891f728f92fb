import { cachePer } from "../../lib/renewing-cache.ts";
import { SECOND } from "../../lib/time.ts";
import type { WaitUntil } from "../../lib/wait-until.ts";
import type { Services } from "../../services.ts";
import { findCluster, topicKey } from "../topics/topics.ts";
import { type Context, type Scope, scopeName } from "./context.ts";
import { readContext } from "./read-context.ts";

/** How long an isolate's copies live. A changed lesson reaches every prompt within this and the object's gathering. */
const CONTEXT_LIFE_MS = 3 * SECOND;
const TOPIC_LIFE_MS = 30 * SECOND;

/** A context is some kilobytes. */
const MOST_CONTEXTS = 500;
const MOST_TOPICS = 5_000;

/** A chain of merges is followed this far; a merge into a merged cluster is refused, so chains stay short. */
const MOST_MERGES = 5;

const contextsOf = cachePer<Context>(CONTEXT_LIFE_MS, MOST_CONTEXTS);
const clusterIdsOf = cachePer<string | null>(TOPIC_LIFE_MS, MOST_TOPICS);

/** The isolate's copy of a scope's context. A cluster that was merged away answers with the one it went into. */
export async function cachedContext(
  services: Pick<Services, "db" | "clusters" | "clock">,
  scope: Scope,
  waitUntil: WaitUntil,
  merges = 0,
): Promise<Context> {
  const read = (old?: Context) => newerOf(old, readContext(services, scope));
  const context = await contextsOf(services.db).get(scopeName(scope), services.clock(), read, waitUntil);
  if (context.merged_into === null || merges >= MOST_MERGES) return context;
  return cachedContext(services, { cluster_id: context.merged_into }, waitUntil, merges + 1);
}

/** Refreshes may overtake each other: an older version never replaces a newer one. */
async function newerOf(old: Context | undefined, read: Promise<Context>): Promise<Context> {
  const context = await read;
  return old !== undefined && old.version > context.version ? old : context;
}

/** The id of the cluster a topic leads to, or null. */
export async function cachedClusterId(
  { db, clock }: Pick<Services, "db" | "clock">,
  topic: string,
  waitUntil: WaitUntil,
): Promise<string | null> {
  const read = async () => (await findCluster(db, topic))?.id ?? null;
  return clusterIdsOf(db).get(topicKey(topic), clock(), read, waitUntil);
}
