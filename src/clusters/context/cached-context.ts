import type { Db } from "../../db/client.ts";
import { type Behind, LiveCache } from "../../lib/renewing-cache.ts";
import { SECOND } from "../../lib/time.ts";
import { type Route, routeMessage } from "../../router/route-message.ts";
import { type LoadedRouter, loadRouter } from "../../router/router-store.ts";
import type { Services } from "../../services.ts";
import { findCluster, topicKey } from "../topics.ts";
import { type Context, type Scope, scopeName } from "./context.ts";
import { readContext } from "./read-context.ts";

export type Reading = Pick<Services, "db" | "clusters" | "bucket" | "clock">;

/** How long an isolate's copies live. A changed lesson reaches every prompt within this and the object's gathering. */
const CONTEXT_LIFE_MS = 3 * SECOND;
const TOPIC_LIFE_MS = 30 * SECOND;
const ROUTER_LIFE_MS = 15 * SECOND;

/** A context is some kilobytes. */
const MOST_CONTEXTS = 500;
const MOST_TOPICS = 5_000;

interface Live {
  contexts: LiveCache<Context>;
  topics: LiveCache<string | null>;
  router: LiveCache<LoadedRouter | null>;
}

/** Per database, because the services of one isolate are made once: see `createServices`. */
const lives = new WeakMap<Db, Live>();

function liveOf({ db }: Pick<Services, "db">): Live {
  let live = lives.get(db);
  if (live === undefined) {
    live = {
      contexts: new LiveCache(CONTEXT_LIFE_MS, MOST_CONTEXTS),
      topics: new LiveCache(TOPIC_LIFE_MS, MOST_TOPICS),
      router: new LiveCache(ROUTER_LIFE_MS, 1),
    };
    lives.set(db, live);
  }
  return live;
}

/**
 * The isolate's copy of a scope's context; a promise only where it has to be read first. A cluster that was merged
 * away answers with the one it went into.
 */
export function liveContext(services: Reading, scope: Scope, behind: Behind, merges = 0): Context | Promise<Context> {
  const found = liveOf(services).contexts.get(
    scopeName(scope),
    services.clock(),
    (old) => newerOf(old, readContext(services, scope)),
    behind,
  );
  const follow = (context: Context) =>
    context.merged_into === null || merges >= MOST_MERGES
      ? context
      : liveContext(services, { cluster_id: context.merged_into }, behind, merges + 1);
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
export function liveClusterId(
  services: Reading,
  topic: string,
  behind: Behind,
): string | null | Promise<string | null> {
  return liveOf(services).topics.get(
    topicKey(topic),
    services.clock(),
    async () => (await findCluster(services.db, topic))?.id ?? null,
    behind,
  );
}

export interface Routed {
  route: Route;
  /** The clusters to take lessons from: none, one, or two where the margin is small. The likeliest first. */
  clusterIds: string[];
}

/** Where the router sends a message; null while no router is trained. A promise only where it has to be read first. */
export function liveRoute(services: Reading, message: string, behind: Behind): Routed | null | Promise<Routed | null> {
  const found = liveOf(services).router.get(
    "router",
    services.clock(),
    (old) => loadRouter(services.bucket, old ?? null),
    behind,
  );
  return found instanceof Promise ? found.then((router) => routeBy(router, message)) : routeBy(found, message);
}

function routeBy(router: LoadedRouter | null, message: string): Routed | null {
  if (router === null) return null;
  const route = routeMessage(router.model, message);
  const first = route.topic === null ? undefined : router.clusters[route.topic];
  const second = route.runnerUp === null ? undefined : router.clusters[route.runnerUp];
  const clusterIds = first === undefined ? [] : [first];
  if (second !== undefined && second !== first) clusterIds.push(second);
  return { route, clusterIds };
}

/** After a training in this very isolate: the next message meets the new router. */
export function dropLiveRouter(services: Pick<Services, "db">): void {
  liveOf(services).router.drop("router");
}
