import { log } from "./lib/log.ts";

interface Limit {
  /** The binding that counts, in wrangler.toml. It does not say what it allows: the two numbers stand there as well. */
  binding: keyof Cloudflare.Env & `LIMIT_${string}`;
  requests: number;
  /** Cloudflare counts by 10 or by 60. */
  seconds: 10 | 60;
  /** Whose requests are counted together. */
  each: "key" | "address";
  /** For the docs. */
  counts: string;
}

/**
 * How much one caller may ask for, in one place (Cloudflare's data centre) each. They are far above what a team does, and
 * there so that no caller's mistake takes everything from the others: of two kinds of requests, the one that is too many
 * leaves the other alone. Whoever changes a number changes it in wrangler.toml too; a test holds the two together.
 */
export const LIMITS = {
  prompts: {
    ...{ binding: "LIMIT_PROMPTS", requests: 3_000, seconds: 10, each: "key" },
    counts: "prompts and outcomes",
  },
  chats: { binding: "LIMIT_CHATS", requests: 1_000, seconds: 10, each: "key", counts: "chat completions" },
  ingest: {
    ...{ binding: "LIMIT_INGEST", requests: 1_000, seconds: 10, each: "key" },
    counts: "recording failures; an import is one request, however many lines it has",
  },
  reads: {
    ...{ binding: "LIMIT_READS", requests: 300, seconds: 10, each: "key" },
    counts: "lists, pages and downloads",
  },
  changes: {
    ...{ binding: "LIMIT_CHANGES", requests: 200, seconds: 10, each: "key" },
    counts: "reviews, lessons, keys, erasure and whatever else changes something",
  },
  work: {
    ...{ binding: "LIMIT_WORK", requests: 30, seconds: 60, each: "key" },
    counts: "starts of long work: correction runs, controls, training, exports, fine-tunes, comparisons, withdrawals",
  },
  no_key: {
    ...{ binding: "LIMIT_NO_KEY", requests: 300, seconds: 10, each: "address" },
    counts: "what comes without a key: signed links, webhooks, the sign-in page, and what is refused for that",
  },
  unknown_keys: {
    ...{ binding: "LIMIT_UNKNOWN_KEYS", requests: 100, seconds: 10, each: "address" },
    counts: "keys that have yet to be looked up: wrong ones, and a right one when an isolate sees it first",
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** Routes whose limit is not plain from their scope and method. */
export const LIMIT_OF_ROUTE: ReadonlyMap<string, LimitName> = new Map([
  ["POST /v1/chat/completions", "chats"],
  ...[
    "POST /v1/correction-runs",
    "POST /runs",
    "POST /v1/judge/controls",
    "POST /judge/controls",
    "POST /v1/router/train",
    "POST /v1/exports",
    "POST /exports",
    "POST /v1/exports/:id/rebuild",
    "POST /exports/:id/:change{cancel|rebuild|delete}",
    "POST /v1/fine-tunes",
    "POST /fine-tunes",
    "POST /v1/fine-tunes/:id/comparison",
    "POST /fine-tunes/:id/compare",
    "POST /v1/withdrawals/preview",
    "POST /v1/withdrawals",
    "POST /withdrawals",
  ].map((route): [string, LimitName] => [route, "work"]),
]);

/** What counts for each limit; null where it was taken out of wrangler.toml, and nobody is limited. */
export type Counters = Record<LimitName, RateLimit | null>;

/** The counters of a deployment. Those that are missing are named in the log. */
export function countersOf(env: Cloudflare.Env): Counters {
  const counters = {} as Counters;
  for (const name of Object.keys(LIMITS) as LimitName[]) {
    const bound = env[LIMITS[name].binding];
    // A setting of the same name takes its place: `--var LIMIT_READS:off`.
    counters[name] = typeof bound?.limit === "function" ? bound : null;
  }
  const missing = Object.entries(counters).flatMap(([name, counter]) => (counter === null ? [name] : []));
  if (missing.length > 0) log.warn("without_limits", { code: missing });
  return counters;
}

/** As `RateLimit-Policy` says it (draft-ietf-httpapi-ratelimit-headers-11). */
export function policyOf(name: LimitName): string {
  return `"${name}";q=${LIMITS[name].requests};w=${LIMITS[name].seconds}`;
}
