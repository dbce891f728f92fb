import { cachePer } from "../lib/renewing-cache.ts";
import { SECOND } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { type Route, routeMessage } from "./route-message.ts";
import { type LoadedRouter, loadRouter } from "./router-store.ts";

const LIFE_MS = 15 * SECOND;

const ONLY = "router";

const copyOf = cachePer<LoadedRouter | null>(LIFE_MS, 1);

interface Routed {
  route: Route;
  /** The clusters to take lessons from: none, one, or two where the margin is small. The likeliest first. */
  clusterIds: string[];
}

/** Where the router sends a message, by the isolate's copy of it; null while none is trained. */
export async function routeWithCopy(
  { db, bucket, clock, config }: Pick<Services, "db" | "bucket" | "clock" | "config">,
  message: string,
  waitUntil: WaitUntil,
): Promise<Routed | null> {
  const router = await copyOf(db).get(ONLY, clock(), (old) => loadRouter(bucket, old ?? null), waitUntil);
  if (router === null) return null;
  const route = routeMessage(router.model, message, config.ROUTER_WRONG_COST);
  const named = [route.topic, route.runnerUp].flatMap((topic) =>
    topic === null ? [] : (router.clusters[topic] ?? []),
  );
  return { route, clusterIds: [...new Set(named)] };
}

/** After a training in this very isolate: the next message meets the new router. */
export function dropRouterCopy({ db }: Pick<Services, "db">): void {
  copyOf(db).drop(ONLY);
}
