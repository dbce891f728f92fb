import { log } from "../../lib/log.ts";
import { type Clock, SECOND } from "../../lib/time.ts";
import { type Model, type ModelAnswer, ModelError, type ModelRequest } from "../model.ts";
import type { Limits, SetLimits } from "./lane.ts";
import type { Acquired, CallReport, Exchange, WaitsFor } from "./pace.ts";

/** Where a lane is kept: the Durable Object, or the lane itself in a simulation. */
export interface LaneKeeper {
  exchange(said: Exchange): Promise<{ acquired: Acquired | null } | { error: string }>;
}

export interface PacedOptions {
  lane: LaneKeeper;
  clock: Clock;
  sleep: (ms: number) => Promise<void>;
  /** What is waited for goes before everything else. */
  for?: WaitsFor;
  /** MODEL_REQUESTS_PER_MINUTE and MODEL_TOKENS_PER_MINUTE. */
  set?: SetLimits;
  /** After a no, what still waits is given back with the time of its turn. */
  mayBegin?: () => boolean;
  /** What a failed call says about the provider. */
  outcomeOf?: (error: ModelError) => CallReport["outcome"];
  /** What an answer or an error says about limits. */
  limitsOf?: (from: ModelAnswer | ModelError) => Limits | null;
}

/** The provider's limit will not let the call begin soon. Nothing is wrong with it: come back at that time. */
export class LimitError extends ModelError {
  /** When to come back, in milliseconds since 1970; spread, so that not all come back at once. */
  readonly until: number;

  constructor(until: number, now: number, message: string) {
    super("retry", "rate_limited", message, { retryAfterMs: Math.max(0, until - now) });
    this.name = "LimitError";
    this.until = until;
  }
}

/** A pause is waited for in place up to this: a consumer that sleeps costs nothing, but lives 15 minutes. */
const LONGEST_PAUSE_IN_PLACE_MS = 60 * SECOND;

/** What a person waits for is given back sooner. */
const LONGEST_WAIT_OF_PERSON_MS = 30 * SECOND;

/** Characters to a token, in English; the lane learns the true ratio. */
const CHARACTERS_PER_TOKEN = 4;
/** A reply or a rating, long before the largest answer allowed. */
const EXPECTED_OUTPUT_TOKENS = 300;

/** The same call is asked again after an overload at most this often; then its caller decides. */
const OVERLOADS_IN_PLACE = 2;
/** And after a refusal for a limit: then it waits outside, so that it does not hold up its consumer. */
const REFUSALS_IN_PLACE = 6;
const REFUSED_OUTSIDE_MS = 60 * SECOND;

/** A report waits this long for others, and for the next call to ask for. */
const GATHER_MS = 50;

/**
 * Without the object, each consumer begins a call in this time: a stopped deployment would be worse than a few
 * refusals, and 250 consumers then make 50 calls a second.
 */
const LOCAL_INTERVAL_MS = 5 * SECOND;

interface Waiting {
  tokens: number;
  begin: (id: number | null) => void;
  fail: (error: LimitError) => void;
}

/** The same model for one invocation, each call of which begins when the lane that all share says so. */
export function paceModel(model: Model, options: PacedOptions): Model {
  const {
    clock,
    outcomeOf = defaultOutcome,
    limitsOf = ({ limits }) => limits ?? null,
    mayBegin = () => true,
  } = options;
  const desk = createDesk(options, mayBegin);

  async function once(request: ModelRequest, refusedBefore: number): Promise<ModelAnswer> {
    const id = await desk.begin(expectedTokens(request));
    const done = (outcome: CallReport["outcome"], from: ModelAnswer | ModelError): void => {
      if (id === null) return;
      const retryAfterMs = from instanceof ModelError ? from.retryAfterMs : null;
      const tokensUsed = from.usage.inputTokens + from.usage.outputTokens;
      desk.report({ id, outcome, limits: limitsOf(from), retryAfterMs, tokensUsed, refusedBefore });
    };
    try {
      const answer = await model.complete(request);
      done("ok", answer);
      return answer;
    } catch (error) {
      if (error instanceof ModelError) done(outcomeOf(error), error);
      throw error;
    }
  }

  return {
    async complete(request) {
      let [refused, overloaded] = [0, 0];
      desk.enter();
      try {
        for (;;) {
          try {
            return await once(request, refused);
          } catch (error) {
            if (!(error instanceof ModelError) || error instanceof LimitError) throw error;
            const outcome = outcomeOf(error);
            const isLimit = outcome === "limited" || outcome === "crowded";
            if (isLimit && ++refused < REFUSALS_IN_PLACE) continue;
            if (outcome === "overloaded" && ++overloaded <= OVERLOADS_IN_PLACE) continue;
            if (!isLimit) throw error;
            const until = clock() + Math.max(error.retryAfterMs ?? 0, REFUSED_OUTSIDE_MS);
            throw new LimitError(until, clock(), error.message);
          }
        }
      } finally {
        await desk.settle();
      }
    },
  };
}

export function defaultOutcome({ fault, code, failure }: ModelError): CallReport["outcome"] {
  if (fault?.about === "limit") return fault.which === "concurrency" ? "crowded" : "limited";
  if (fault === null && code === "rate_limited") return "limited";
  return fault?.about === "health" || (fault === null && failure === "retry") ? "overloaded" : "other";
}

function expectedTokens({ messages, maxOutputTokens }: ModelRequest): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + Math.min(maxOutputTokens, EXPECTED_OUTPUT_TOKENS);
}

/** Speaks to the lane for all calls of one invocation, one exchange at a time. */
function createDesk(options: PacedOptions, mayBegin: () => boolean) {
  const { lane, clock, sleep, for: waitsFor = "background", set = { requests: 0, tokens: 0 } } = options;
  const waiting: Waiting[] = [];
  let reports: CallReport[] = [];
  let [active, turn, askAt]: [number, number | null, number] = [0, null, 0];
  let talking: Promise<void> | null = null;
  let wakesAt = Number.POSITIVE_INFINITY;

  async function talk(): Promise<void> {
    // Calls that begin together ask together.
    await null;
    while (reports.length > 0 || (waiting.length > 0 && askAt <= clock())) {
      const sent = reports;
      reports = [];
      const tokens = waiting.reduce((sum, one) => sum + one.tokens, 0) / Math.max(1, waiting.length);
      const ask = waiting.length > 0 ? { calls: waiting.length, tokens, for: waitsFor, turn } : null;
      const answer = await lane.exchange({ reports: sent, ask, set }).catch((error) => ({ error: String(error) }));
      if (!("error" in answer)) take(answer.acquired);
      else if (ask !== null) beginLocally(answer.error);
    }
    if (waiting.length > 0) wakeAt(askAt);
  }

  function wakeAt(at: number): void {
    if (at >= wakesAt) return;
    wakesAt = at;
    void sleep(Math.max(0, at - clock())).then(() => {
      if (wakesAt === at) wakesAt = Number.POSITIVE_INFINITY;
      wake();
    });
  }

  function wake(): void {
    talking ??= talk().finally(() => {
      talking = null;
    });
  }

  function take(acquired: Acquired | null): void {
    if (acquired === null) return;
    for (const { id, inMs } of acquired.begin) {
      const next = waiting.shift();
      // Without its delay the call would begin ahead of others' places.
      if (next) void (inMs > 0 ? sleep(inMs) : Promise.resolve()).then(() => next.begin(id));
    }
    turn = acquired.turn;
    askAt = clock() + acquired.askAgainMs;
    if (waiting.length === 0) return;
    // A long queue is waited for in place: to give back a call would only lose its turn.
    const { pauseMs, waitMs } = acquired;
    const tooLong = waitsFor === "person" ? waitMs > LONGEST_WAIT_OF_PERSON_MS : pauseMs > LONGEST_PAUSE_IN_PLACE_MS;
    if (!mayBegin() || tooLong) giveBack(waitMs);
  }

  function giveBack(waitMs: number): void {
    turn = null;
    for (const { fail } of waiting.splice(0)) {
      fail(new LimitError(clock() + waitMs, clock(), "The provider's limit is used up; this goes on by itself."));
    }
  }

  function beginLocally(error: string): void {
    log.warn("pace_not_reached", { count: waiting.length }, new Error(error));
    askAt = clock() + LOCAL_INTERVAL_MS;
    waiting.shift()?.begin(null);
    if (!mayBegin()) giveBack(LOCAL_INTERVAL_MS);
  }

  return {
    /** Before each call. */
    enter(): void {
      active++;
    },
    /** @throws LimitError when it may not begin soon @returns the call's id, null where the lane was not reached */
    begin(tokens: number): Promise<number | null> {
      return new Promise((begin, fail) => {
        waiting.push({ tokens, begin, fail });
        wake();
      });
    },
    report(one: CallReport): void {
      reports.push(one);
    },
    /** After each call: says how it ended, along with others; after the last of them at once. */
    async settle(): Promise<void> {
      active--;
      if (active > 0) return wakeAt(clock() + GATHER_MS);
      wake();
      await talking;
    },
  };
}
