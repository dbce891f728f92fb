import type { Db } from "../db/client.ts";
import { RenewingCache } from "../lib/renewing-cache.ts";
import { SECOND } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { type Route, routeMessage } from "./route-message.ts";
import { type LoadedRouter, loadRouter } from "./router-store.ts";

type Routing = Pick<Services, "db" | "bucket" | "clock">;

/** How long an isolate's copy of the router lives. */
const LIFE_MS = 15 * SECOND;

/** The one entry. */
const ONLY = "router";

/** Per database, because the services of one isolate are made once: see `createServices`. */
const copies = new WeakMap<Db, RenewingCache<LoadedRouter | null>>();

function copyOf({ db }: Pick<Services, "db">): RenewingCache<LoadedRouter | null> {
  let copy = copies.get(db);
  if (copy === undefined) {
    copy = new RenewingCache(LIFE_MS, 1);
    copies.set(db, copy);
  }
  return copy;
}

export interface Routed {
  route: Route;
  /** The clusters to take lessons from: none, one, or two where the margin is small. The likeliest first. */
  clusterIds: string[];
}

/** Where the router sends a message; null while no router is trained. A promise only where it has to be read first. */
export function routeWithCopy(
  services: Routing,
  message: string,
  waitUntil: WaitUntil,
): Routed | null | Promise<Routed | null> {
  const found = copyOf(services).get(
    ONLY,
    services.clock(),
    (old) => loadRouter(services.bucket, old ?? null),
    waitUntil,
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
export function dropRouterCopy(services: Pick<Services, "db">): void {
  copyOf(services).drop(ONLY);
}
