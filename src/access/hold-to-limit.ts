import type { AppContext } from "../http/app-env.ts";
import type { Caller } from "../http/caller.ts";
import type { Access } from "../http/needs.ts";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import { LIMIT_OF_ROUTE, LIMITS, type LimitName, policyOf } from "../limits.ts";
import type { Services } from "../services.ts";

/** The limit that a route's calls count for. @param route null where there is none */
export function limitFor(route: { method: string; path: string } | null, access: Access): LimitName {
  if (access === "public") return "no_key";
  const named = route && LIMIT_OF_ROUTE.get(`${route.method} ${route.path}`);
  if (named) return named;
  if (access === "prompts" || access === "ingest") return access;
  return route === null || route.method === "GET" ? "reads" : "changes";
}

/** By what a caller's requests are counted together. */
export function countedAs({ id, kind }: Pick<Caller, "id" | "kind">): string {
  return id ?? kind;
}

/** Counts one request. @returns false for one too many */
export async function isWithin(
  { counters }: Pick<Services, "counters">,
  name: LimitName,
  countedAs: string,
): Promise<boolean> {
  try {
    return (await counters[name]?.limit({ key: countedAs }))?.success ?? true;
  } catch (error) {
    // Without its counter a limit limits nobody, as where it is not bound.
    log.warn("limit_not_counted", { code: name }, error);
    return true;
  }
}

/**
 * Counts a request, and says what it counts for. What is left is known to nobody, so only a refusal speaks of it.
 * @throws RedraftError `too_many_requests`
 */
export async function holdToLimit(c: AppContext, name: LimitName, countedAs: string): Promise<void> {
  const { services } = c.var;
  if (services.counters[name] === null) return;
  c.header("ratelimit-policy", policyOf(name));
  if (await isWithin(services, name, countedAs)) return;
  const { requests, seconds, each } = LIMITS[name];
  c.header("ratelimit", `"${name}";r=0`);
  // When the window began is not known either: after a whole one without a request there is room in any case.
  c.header("retry-after", String(seconds));
  throw new RedraftError(
    "too_many_requests",
    `This is over the limit \`${name}\`: ${requests} requests in ${seconds} seconds for each ${each}. ` +
      `Try again in ${seconds} seconds.`,
  );
}
