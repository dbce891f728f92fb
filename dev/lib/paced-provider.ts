import { type Model, ModelError } from "../../src/llm/model.ts";
import type { Limits } from "../../src/llm/pace/lane.ts";
import { defaultOutcome } from "../../src/llm/pace/paced-model.ts";
import type { FakeTime } from "./fake-time.ts";

/** How a simulated provider counts. */
export interface ProviderRules {
  /** `minute` and `second`: fixed windows; `bucket`: fills steadily, holds a minute's worth; `slots`: calls at once. */
  counts: "minute" | "second" | "bucket" | "slots";
  /** Calls a minute, or calls at once, at a time since the start. */
  limit: (ms: number) => number;
  headers: boolean;
  retryAfter: boolean;
  /** From, to: every call is answered 503. */
  outages: [number, number][];
  /** Past its slots, it refuses, or has the call wait. */
  queues?: boolean;
  /** Says of a refusal that it is for too many at once. */
  saysCrowded?: boolean;
}

export interface Counted {
  calls: number;
  answered: number;
  refused: number;
  overloaded: number;
  poisoned: number;
}

/** The text of a message that the provider's moderation refuses. */
export const POISON = "poison";

/** Lognormal, from 1 to 8 s for 95 of 100. */
const MEDIAN_MS = 2_830;
const SIGMA = 0.53;
const REFUSED_AFTER_MS = [100, 300] as const;
const TOKENS = { inputTokens: 700, outputTokens: 250 };

/** Answers and errors carry the limits of their headers here. */
const stated = new WeakMap<object, Limits>();
const crowded = new WeakSet<object>();
/** A provider that counts calls at once says so when it refuses. */
export const simulatedOutcome = (error: ModelError) => (crowded.has(error) ? "crowded" : defaultOutcome(error));
export const statedLimits = (from: object): Limits | null => stated.get(from) ?? null;

/** A provider with an ordinary limit, in fake time. */
export function pacedProvider(rules: ProviderRules, time: FakeTime, chance: () => number) {
  const counted: Counted = { calls: 0, answered: 0, refused: 0, overloaded: 0, poisoned: 0 };
  const start = time.clock();
  const meter = new Meter(rules, start);
  let free = start;

  async function fail(failure: "retry" | "refused", code: "rate_limited" | "provider_error" | "content_filter") {
    const retryAfterMs = code === "rate_limited" ? meter.retryAfterMs(time.clock()) : null;
    const error = new ModelError(failure, code, code, { retryAfterMs });
    const limits = meter.limits(time.clock());
    if (limits !== null) stated.set(error, limits);
    if (rules.counts === "slots" && code === "rate_limited" && rules.saysCrowded) crowded.add(error);
    const [from, to] = REFUSED_AFTER_MS;
    await time.sleep(from + (to - from) * chance());
    throw error;
  }

  /** How long an answer takes; a server that queues answers one after the other in each of its slots. */
  function latencyMs(now: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
    const own = MEDIAN_MS * Math.exp(SIGMA * normal);
    if (!rules.queues) return own;
    free = Math.max(now, free) + own / rules.limit(now - start);
    return Math.max(own, free - now);
  }

  const model: Model = {
    async complete({ messages }) {
      const now = time.clock();
      counted.calls++;
      if (rules.outages.some(([from, to]) => now - start >= from && now - start < to)) {
        counted.overloaded++;
        await fail("retry", "provider_error");
      }
      if (meter.room(now) < 1) {
        counted.refused++;
        await fail("retry", "rate_limited");
      }
      meter.take();
      if (messages.some(({ content }) => content === POISON)) {
        counted.poisoned++;
        await fail("refused", "content_filter");
      }
      const answer = { text: "ok", usage: { calls: 1, ...TOKENS } };
      const limits = meter.limits(now);
      meter.busy++;
      await time.sleep(latencyMs(now)).finally(() => meter.busy--);
      if (limits !== null) stated.set(answer, limits);
      counted.answered++;
      return answer;
    },
  };
  return { model, counted };
}

/** Counts calls as the rules have it. */
class Meter {
  busy = 0;
  readonly #rules: ProviderRules;
  readonly #start: number;
  readonly #windowMs: number;
  #windowAt: number;
  #used = 0;
  #level: number;
  #levelAt: number;

  constructor(rules: ProviderRules, start: number) {
    this.#rules = rules;
    this.#start = start;
    this.#windowMs = rules.counts === "second" ? 1_000 : 60_000;
    this.#windowAt = start;
    this.#level = rules.limit(0);
    this.#levelAt = start;
  }

  /** Calls that may still begin. */
  room(now: number): number {
    const { counts, queues } = this.#rules;
    const limit = this.#rules.limit(now - this.#start);
    if (counts === "slots") return queues ? 1 : limit - this.busy;
    if (counts === "bucket") {
      this.#level = Math.min(limit, this.#level + ((now - this.#levelAt) * limit) / 60_000);
      this.#levelAt = now;
      return Math.floor(this.#level);
    }
    if (now - this.#windowAt >= this.#windowMs) {
      this.#windowAt = now - ((now - this.#start) % this.#windowMs);
      this.#used = 0;
    }
    return Math.floor((limit * this.#windowMs) / 60_000) - this.#used;
  }

  take(): void {
    this.#level--;
    this.#used++;
  }

  limits(now: number): Limits | null {
    const { headers, counts } = this.#rules;
    if (!headers) return null;
    const limit = this.#rules.limit(now - this.#start);
    const remaining = Math.max(0, this.room(now));
    const toFull = ((limit - this.#level) * 60_000) / limit;
    const resetMs = counts === "bucket" ? toFull : this.#windowAt + this.#windowMs - now;
    const shown = counts === "second" ? Math.min(limit, remaining * 60) : remaining;
    return { requests: { limit, remaining: shown, resetMs, periodMs: null }, tokens: null };
  }

  retryAfterMs(now: number): number | null {
    if (!this.#rules.retryAfter) return null;
    if (this.#rules.counts === "bucket") return 1_000;
    return Math.max(1_000, Math.ceil((this.#windowAt + this.#windowMs - now) / 1_000) * 1_000);
  }
}
