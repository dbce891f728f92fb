import { log } from "../../lib/log.ts";
import { type Clock, HOUR, SECOND } from "../../lib/time.ts";
import { LimitError } from "../limit-error.ts";
import type { SetLimits } from "./lane.ts";
import type { Acquired, CallReport, Exchange, WaitsFor } from "./pace.ts";

/** Where a lane is kept: the Durable Object, or the lane itself in a simulation. */
export interface LaneKeeper {
  exchange(said: Exchange): Promise<{ acquired: Acquired | null } | { error: string }>;
}

export interface DeskOptions {
  lane: LaneKeeper;
  clock: Clock;
  sleep: (ms: number) => Promise<void>;
  /** What is waited for goes before everything else. */
  for: WaitsFor;
  /** MODEL_REQUESTS_PER_MINUTE and MODEL_TOKENS_PER_MINUTE. */
  set: SetLimits;
  /** After a no, what still waits is given back with the time of its turn. */
  mayBegin: () => boolean;
}

/** A pause is waited for in place up to this: a consumer that sleeps costs nothing, but lives 15 minutes. */
const LONGEST_PAUSE_IN_PLACE_MS = 60 * SECOND;

/** What a person waits for is given back sooner. */
const LONGEST_WAIT_OF_PERSON_MS = 30 * SECOND;

/** What is given back asks again this long after the pause at the latest: the pace may have recovered by then. */
const LONGEST_AFTER_PAUSE_MS = HOUR;

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

/** Speaks to the lane for all calls of one invocation, one exchange at a time. */
export class Desk {
  readonly #options: DeskOptions;
  readonly #waiting: Waiting[] = [];
  #reports: CallReport[] = [];
  #active = 0;
  #turn: number | null = null;
  #askAt = 0;
  #wakesAt = Number.POSITIVE_INFINITY;
  #talking: Promise<void> | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Before each call. */
  enter(): void {
    this.#active++;
  }

  /** @throws LimitError when it may not begin soon @returns the call's id, null where the lane was not reached */
  begin(tokens: number): Promise<number | null> {
    // Asked again after a time-out, a call would else outlive its worker, and all that was paid for with it.
    if (!this.#options.mayBegin()) return Promise.reject(this.#limitError(0));
    return new Promise((begin, fail) => {
      this.#waiting.push({ tokens, begin, fail });
      this.#wake();
    });
  }

  report(one: CallReport): void {
    this.#reports.push(one);
  }

  /** After each call: says how it ended, along with others; after the last of them at once. */
  async settle(): Promise<void> {
    this.#active--;
    if (this.#active > 0) return this.#wakeAt(this.#options.clock() + GATHER_MS);
    this.#wake();
    await this.#talking;
  }

  #wake(): void {
    this.#talking ??= this.#talk();
  }

  #wakeAt(at: number): void {
    if (at >= this.#wakesAt) return;
    this.#wakesAt = at;
    void this.#options.sleep(Math.max(0, at - this.#options.clock())).then(() => {
      if (this.#wakesAt === at) this.#wakesAt = Number.POSITIVE_INFINITY;
      this.#wake();
    });
  }

  async #talk(): Promise<void> {
    const { lane, clock, set } = this.#options;
    // Calls that begin together ask together.
    await null;
    while (this.#reports.length > 0 || (this.#waiting.length > 0 && this.#askAt <= clock())) {
      const reports = this.#reports;
      this.#reports = [];
      const ask = this.#ask();
      const answer = await lane.exchange({ reports, ask, set }).catch((error) => ({ error: String(error) }));
      if (!("error" in answer)) this.#take(answer.acquired);
      else if (ask !== null) this.#beginLocally(answer.error);
    }
    // Here, and not when the promise has settled: a call that asks in between would not be heard.
    this.#talking = null;
    if (this.#waiting.length > 0) this.#wakeAt(this.#askAt);
  }

  #ask(): Exchange["ask"] {
    const calls = this.#waiting.length;
    if (calls === 0) return null;
    const tokens = this.#waiting.reduce((sum, one) => sum + one.tokens, 0) / calls;
    return { calls, tokens, for: this.#options.for, turn: this.#turn };
  }

  #take(acquired: Acquired | null): void {
    if (acquired === null) return;
    const { clock, sleep, mayBegin, for: waitsFor } = this.#options;
    for (const { id, inMs } of acquired.begin) {
      const next = this.#waiting.shift();
      // Without its delay the call would begin ahead of others' places.
      if (next) void (inMs > 0 ? sleep(inMs) : Promise.resolve()).then(() => next.begin(id));
    }
    this.#turn = acquired.turn;
    this.#askAt = clock() + acquired.askAgainMs;
    if (this.#waiting.length === 0) return;
    // A long queue is waited for in place: to give back a call would only lose its turn.
    const { pauseMs, waitMs } = acquired;
    const tooLong = waitsFor === "person" ? waitMs > LONGEST_WAIT_OF_PERSON_MS : pauseMs > LONGEST_PAUSE_IN_PLACE_MS;
    if (!mayBegin() || tooLong) this.#giveBack(Math.min(waitMs, pauseMs + LONGEST_AFTER_PAUSE_MS));
  }

  #giveBack(waitMs: number): void {
    this.#turn = null;
    for (const { fail } of this.#waiting.splice(0)) fail(this.#limitError(waitMs));
  }

  #limitError(waitMs: number): LimitError {
    const now = this.#options.clock();
    return new LimitError(now + waitMs, now, "The provider's limit is used up; this goes on by itself.");
  }

  #beginLocally(error: string): void {
    log.warn("pace_not_reached", { count: this.#waiting.length }, new Error(error));
    this.#askAt = this.#options.clock() + LOCAL_INTERVAL_MS;
    this.#waiting.shift()?.begin(null);
    if (!this.#options.mayBegin()) this.#giveBack(LOCAL_INTERVAL_MS);
  }
}
