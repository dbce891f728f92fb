import { SCOPES, type Scope } from "../../src/db/schema/keys.ts";
import { type Counters, LIMITS, type LimitName } from "../../src/limits.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";
import { aKey } from "./a-key.ts";

export const MANY = 1_000;
export const PROMPT = { customer_message: "Where is my refund?" };
export const NAMES = Object.keys(LIMITS) as LimitName[];

/** Counts as Cloudflare does, within one window that never ends. */
export class ACounter implements RateLimit {
  readonly counted = new Map<string, number>();
  readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  async limit({ key }: RateLimitOptions): Promise<RateLimitOutcome> {
    const count = this.counted.get(key) ?? 0;
    if (count < this.most) this.counted.set(key, count + 1);
    return { success: count < this.most };
  }
}

export type ACounters = Record<LimitName, ACounter>;

/** A counter for each limit, all with the same small number, but for those that are named. */
export function someCounters(most: number, others: Partial<Record<LimitName, number>> = {}): ACounters {
  const names = Object.keys(LIMITS) as LimitName[];
  return Object.fromEntries(names.map((name) => [name, new ACounter(others[name] ?? most)])) as ACounters & Counters;
}

/** Redraft where so many requests are let through, and a key with each scope. */
export async function aWorld(
  most: number,
  others: Partial<Record<LimitName, number>> = {},
  scopes: Scope[] = [...SCOPES],
) {
  const world = createWorld();
  const { headers, id } = await aKey(world, scopes);
  const counters = someCounters(most, { unknown_keys: MANY, ...others });
  world.services.counters = counters;
  return { world, headers, id, counters };
}

export const noKey = { authorization: "" };

/** A call that counts for each limit. */
export const CALLS: Record<LimitName, (world: World, headers: Record<string, string>) => Promise<Response>> = {
  prompts: (world, headers) => world.call("POST", "/v1/prompts", PROMPT, headers),
  chats: (world, headers) =>
    world.call("POST", "/v1/chat/completions", "", { ...headers, "content-type": "text/plain" }),
  ingest: (world, headers) => world.call("POST", "/v1/failures", aFailure(), headers),
  reads: (world, headers) => world.call("GET", "/v1/failure-categories", undefined, headers),
  changes: (world, headers) => world.call("POST", "/v1/improvements/x/review", {}, headers),
  work: (world, headers) => world.call("POST", "/v1/exports", { min_gain: "none" }, headers),
  no_key: (world) => world.call("GET", "/v1/failures", undefined, noKey),
  unknown_keys: (world) => world.call("GET", "/v1/failures", undefined, { authorization: "Bearer wrong" }),
};

export async function statuses(times: number, call: () => Promise<Response>): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i++) {
    const answer = await call();
    await answer.arrayBuffer();
    seen.push(answer.status);
  }
  return seen;
}
