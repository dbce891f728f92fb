import type { Db } from "../../db/client.ts";
import { RenewingCache } from "../../lib/renewing-cache.ts";
import { SECOND } from "../../lib/time.ts";
import type { WaitUntil } from "../../lib/wait-until.ts";
import type { Services } from "../../services.ts";
import { findCluster, topicKey } from "../topics.ts";
import { type Context, type Scope, scopeName } from "./context.ts";
import { readContext } from "./read-context.ts";

export type Reading = Pick<Services, "db" | "clusters" | "bucket" | "clock">;

/** How long an isolate's copies live. A changed lesson reaches every prompt within this and the object's gathering. */
const CONTEXT_LIFE_MS = 3 * SECOND;
const TOPIC_LIFE_MS = 30 * SECOND;

/** A context is some kilobytes. */
const MOST_CONTEXTS = 500;
const MOST_TOPICS = 5_000;

interface Copies {
  contexts: RenewingCache<Context>;
  topics: RenewingCache<string | null>;
}

/** Per database, because the services of one isolate are made once: see `createServices`. */
const copies = new WeakMap<Db, Copies>();

function copiesOf({ db }: Pick<Services, "db">): Copies {
  let own = copies.get(db);
  if (own === undefined) {
    own = {
      contexts: new RenewingCache(CONTEXT_LIFE_MS, MOST_CONTEXTS),
      topics: new RenewingCache(TOPIC_LIFE_MS, MOST_TOPICS),
    };
    copies.set(db, own);
  }
  return own;
}

/**
 * The isolate's copy of a scope's context; a promise only where it has to be read first. A cluster that was merged
 * away answers with the one it went into.
 */
export function cachedContext(
  services: Reading,
  scope: Scope,
  waitUntil: WaitUntil,
  merges = 0,
): Context | Promise<Context> {
  const found = copiesOf(services).contexts.get(
    scopeName(scope),
    services.clock(),
    (old) => newerOf(old, readContext(services, scope)),
    waitUntil,
  );
  const follow = (context: Context) =>
    context.merged_into === null || merges >= MOST_MERGES
      ? context
      : cachedContext(services, { cluster_id: context.merged_into }, waitUntil, merges + 1);
  return found instanceof Promise ? found.then(follow) : follow(found);
}

/** A chain of merges is followed so far; a merge into a merged cluster is refused, so chains stay short. */
const MOST_MERGES = 5;

/** Refreshes may overtake each other: an older version never replaces a newer one. */
async function newerOf(old: Context | undefined, read: Promise<Context>): Promise<Context> {
  const context = await read;
  return old !== undefined && old.version > context.version ? old : context;
}

/** The id of the cluster a topic leads to, or null. */
export function cachedClusterId(
  services: Reading,
  topic: string,
  waitUntil: WaitUntil,
): string | null | Promise<string | null> {
  return copiesOf(services).topics.get(
    topicKey(topic),
    services.clock(),
    async () => (await findCluster(services.db, topic))?.id ?? null,
    waitUntil,
  );
}
