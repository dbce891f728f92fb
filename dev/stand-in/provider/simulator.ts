import { hash } from "../text.ts";
import type { Call, SimulatorOptions, Stats, Verdict } from "./call.ts";
import { latencies } from "./latency.ts";
import { createMeter, type Meter } from "./meter.ts";
import { type LimitStates, type Profile, REFUSALS, type Refusal, type Reply, refusalOf } from "./profile.ts";

const LIMITS: ReadonlySet<Refusal> = new Set(["requests", "tokens", "concurrency"]);
const MARK = /\[simulate: ?([a-z0-9_]+)\]/;
/** What a refusal takes: a front door says no quickly. */
const REFUSAL_MS = 20;
const DAY = 86_400_000;
/** What is reserved for the answer to a call that names no longest one. */
const DEFAULT_ANSWER = 500;
const NEVER = Number.POSITIVE_INFINITY;

interface Objection {
  refusal: Refusal;
  waitMs: number;
}

const never = (refusal: Refusal): Objection => ({ refusal, waitMs: NEVER });

interface Given {
  clock: () => number;
  chance: () => number;
}

/**
 * A provider's front door: what it lets in, when, and how it says no. It never sleeps and asks only the clock it is given,
 * so that a simulation can run a day in a second.
 */
export class Simulator {
  readonly #profile: Profile;
  readonly #options: SimulatorOptions;
  readonly #given: Given;
  readonly #latency: () => number;
  readonly #concurrency: number;
  #limits: { rpm?: number; tpm?: number };
  #meters: { requests: Meter | null; tokens: Meter | null } | null = null;
  #counts = noCounts();
  /** When the first call came, which outages are counted from. */
  #start: number | null = null;
  #today = { day: 0, calls: 0 };
  /** When the calls under way end. */
  #ends: number[] = [];

  constructor(profile: Profile, options: SimulatorOptions, given: Given) {
    this.#profile = profile;
    this.#options = options;
    this.#given = given;
    this.#latency = latencies(options.latencyMs ?? 0, options.spread ?? 0.5, given.chance);
    this.#concurrency = options.concurrency ?? profile.concurrency ?? NEVER;
    this.#limits = { rpm: options.rpm ?? profile.rpm, tpm: options.tpm ?? profile.tpm };
  }

  /** Lets a call in, or says no. */
  ask(call: Call): Verdict {
    const now = this.#given.clock();
    this.#begin(now);
    const { charges, refusedCount, takes } = this.#profile;
    const charge = call.promptTokens + (charges === "used" ? 0 : call.maxTokens || DEFAULT_ANSWER);
    const objection =
      this.#accountObjection(call, now) ?? this.#limitObjection(charge, now) ?? this.#contentObjection(call);
    if (objection) {
      const { refusal } = objection;
      if (!LIMITS.has(refusal)) this.#meters?.requests?.take(now, 1);
      else if (refusedCount) this.#meters?.requests?.waste(now, 1);
      this.#counts.refused[refusal] = (this.#counts.refused[refusal] ?? 0) + 1;
      const delayMs = Math.min(REFUSAL_MS, this.#options.latencyMs ?? 0);
      // Where the refused call counts, the wait is longer by it.
      const { waitMs } = LIMITS.has(refusal) ? (this.#limitObjection(charge, now) ?? objection) : objection;
      return { refusal, reply: this.#reply({ refusal, waitMs }, call, charge, now), delayMs };
    }
    this.#meters?.requests?.take(now, 1);
    this.#meters?.tokens?.take(now, charge);
    this.#today.calls += 1;
    const delayMs = this.#turn(now) + this.#latency();
    this.#ends.push(now + delayMs);
    this.#counts.most_in_flight = Math.max(this.#counts.most_in_flight, Math.min(this.#ends.length, this.#concurrency));
    const ignored = (call.parameters ?? []).filter((name) => takes?.[name] === "ignored");
    return { refusal: null, delayMs, ignored, done: (answerTokens) => this.#done(call, charge, answerTokens) };
  }

  /** Sets other limits from now on, as a provider does without notice. */
  setLimits(limits: { rpm?: number; tpm?: number }): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#meters = null;
  }

  stats(): Stats {
    const { calls, answered, identities, refused, tokens, most_in_flight, firstAt, lastAt } = this.#counts;
    const limited = [...LIMITS].reduce((sum, kind) => sum + (refused[kind] ?? 0), 0);
    const limited_share = calls === 0 ? 0 : limited / calls;
    const ms = Math.max(0, lastAt - (firstAt ?? lastAt));
    const distinct = identities.size;
    return { calls, answered, distinct, refused: { ...refused }, limited_share, tokens, most_in_flight, ms };
  }

  /** Forgets all counts; limits go on as they are. */
  reset(): void {
    this.#counts = noCounts();
  }

  #begin(now: number): void {
    this.#start ??= now;
    this.#counts.calls += 1;
    this.#counts.firstAt ??= now;
    const meter = (limit: number | undefined) =>
      limit ? createMeter(limit, this.#options.window ?? this.#profile.window, now) : null;
    this.#meters ??= { requests: meter(this.#limits.rpm), tokens: meter(this.#limits.tpm) };
    this.#ends = this.#ends.filter((end) => end > now);
    const day = Math.floor(now / DAY);
    if (day !== this.#today.day) this.#today = { day, calls: 0 };
  }

  /** What stands in the way of every call, or of every call like this one. */
  #accountObjection(call: Call, now: number): Objection | null {
    const { outages = [], key, models, context, moneyFor, requestsPerDay } = this.#options;
    const at = now - (this.#start ?? now);
    const outage = outages.find(([from, to]) => at >= from && at < to);
    if (outage) return { refusal: "overload", waitMs: outage[1] - at };
    if (key !== undefined && call.key !== key) return never("bad_key");
    if (models && !models.some((name) => call.model?.startsWith(name))) return never("unknown_model");
    if (this.#refusedParameter(call) !== undefined) return never("parameter");
    if (context !== undefined && call.promptTokens > context) return never("context");
    if (moneyFor !== undefined && this.#counts.answered >= moneyFor) return never("no_money");
    if (requestsPerDay !== undefined && this.#today.calls >= requestsPerDay)
      return { refusal: "daily", waitMs: DAY - (now % DAY) };
    return null;
  }

  #limitObjection(charge: number, now: number): Objection | null {
    const forTokens = this.#meters?.tokens?.wait(now, charge) ?? 0;
    if (forTokens === NEVER) return never("too_large");
    const forRequests = this.#meters?.requests?.wait(now, 1) ?? 0;
    if (forRequests > 0) return { refusal: "requests", waitMs: Math.max(forRequests, forTokens) };
    if (forTokens > 0) return { refusal: "tokens", waitMs: forTokens };
    if (this.#ends.length - this.#concurrency < (this.#profile.queue ?? 0)) return null;
    return { refusal: "concurrency", waitMs: Math.max(1, Math.min(...this.#ends) - now) };
  }

  #contentObjection({ text }: Call): Objection | null {
    const { refuse = 0, faults = {} } = this.#options;
    const mark = MARK.exec(text)?.[1];
    const marked = REFUSALS.find((kind) => kind === mark);
    if (marked) return { refusal: marked, waitMs: 1_000 };
    if (refuse > 0 && placeOf(text) < refuse) return never("moderated");
    const unlucky = REFUSALS.find((kind) => faults[kind] !== undefined && this.#given.chance() < faults[kind]);
    return unlucky ? { refusal: unlucky, waitMs: 1_000 } : null;
  }

  #refusedParameter({ parameters = [] }: Call) {
    return parameters.find((name) => this.#profile.takes?.[name] === "refused");
  }

  #reply({ refusal, waitMs }: Objection, call: Call, charge: number, now: number): Reply {
    const ofTokens = refusal === "tokens" || refusal === "too_large";
    const { context = 0, requestsPerDay = 1_000 } = this.#options;
    const { rpm = 0, tpm = 0 } = this.#limits;
    const limit = refusal === "context" ? context : refusal === "daily" ? requestsPerDay : ofTokens ? tpm : rpm;
    const asked = refusal === "context" ? call.promptTokens : ofTokens ? charge : 1;
    const about = { model: call.model ?? "", param: this.#refusedParameter(call) ?? "", limits: this.#states(now) };
    return refusalOf(this.#profile, refusal, { now, waitMs, limit, asked, ...about });
  }

  /** How long a call waits for its turn, where calls do. */
  #turn(now: number): number {
    if (this.#ends.length < this.#concurrency) return 0;
    const free = this.#ends.toSorted((a, b) => a - b)[this.#ends.length - this.#concurrency];
    return Math.max(0, (free ?? now) - now);
  }

  #done({ promptTokens, identity }: Call, charge: number, answerTokens: number): Record<string, string> {
    const now = this.#given.clock();
    this.#counts.answered += 1;
    this.#counts.identities.add(identity ?? String(this.#counts.answered));
    this.#counts.tokens += promptTokens + answerTokens;
    this.#counts.lastAt = now;
    const { charges, headers } = this.#profile;
    if (charges !== "reserved") this.#meters?.tokens?.take(now, promptTokens + answerTokens - charge);
    return headers?.(this.#states(now), now) ?? {};
  }

  #states(now: number): LimitStates {
    return { requests: this.#meters?.requests?.state(now) ?? null, tokens: this.#meters?.tokens?.state(now) ?? null };
  }
}

function noCounts() {
  return {
    ...{ calls: 0, answered: 0, tokens: 0, most_in_flight: 0, lastAt: 0 },
    firstAt: null as number | null,
    identities: new Set<string>(),
    refused: {} as Stats["refused"],
  };
}

/** Where a text falls from 0 to 1, the same every time. Only the hash's last bits tell similar texts apart. */
function placeOf(text: string): number {
  const MODULUS = 9973;
  return (hash(text) % MODULUS) / MODULUS;
}
