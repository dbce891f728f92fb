import pLimit from "p-limit";
import { LimitError } from "../../src/llm/limit-error.ts";
import { type Model, ModelError } from "../../src/llm/model.ts";
import { newLane } from "../../src/llm/pace/lane.ts";
import { type Exchange, exchange } from "../../src/llm/pace/pace.ts";
import { paceModel } from "../../src/llm/pace/paced-model.ts";
import { limitCalls } from "../../src/llm/wrap-model.ts";
import { fakeTime } from "./fake-time.ts";
import { POISON, type ProviderRules, pacedProvider, simulatedOutcome, statedLimits } from "./paced-provider.ts";
import { seeded } from "./seeded.ts";

export interface Simulated {
  consumers: number;
  failures: number;
  provider: ProviderRules;
  poisoned: number;
  seed?: number;
}

export interface Figures {
  minutes: number;
  /** Time over the ideal: as many calls as are needed, at the limit, outages left out. */
  overIdeal: number;
  /** Refused for a limit, of all calls. */
  refused: number;
  /** Answered calls over the least needed. */
  overLeast: number;
  failed: number;
  lost: number;
  /** The longest a failure ended after the time its place in the queue stands for, in minutes. */
  overtaken: number;
  /** Corrections put back as waiting. */
  putBack: number;
  rpcsPerSecond: number;
  busiestSecond: number;
}

interface Failure {
  place: number;
  text: string;
  done: Set<number>;
  tries: number;
}

/** A rewrite, then the ratings two at a time. */
const STEPS = [[0], [1, 2], [3, 4]];
const CALLS = STEPS.flat().length;

const MINUTE = 60_000;
const BATCH = 12;
const AT_ONCE = 12;
const BEGIN_CORRECTIONS_MS = 8 * MINUTE;
const BEGIN_CALLS_MS = 12 * MINUTE;
const MOST_TRIES = 5;
const ANSWER_MS = 3_257;

/** Runs corrections through the real pacing code against a simulated provider, in fake time. */
export async function simulatePace(given: Simulated): Promise<Figures> {
  const run = new Run(given);
  await run.time.run(Promise.all(Array.from({ length: given.consumers }, () => run.consumer())));
  return run.figures();
}

class Run {
  readonly time = fakeTime();
  readonly #given: Simulated;
  readonly #chance: () => number;
  readonly #provider: ReturnType<typeof pacedProvider>;
  readonly #lane = newLane(0);
  readonly #rpcs = new Map<number, number>();
  readonly #ready: ReturnType<typeof makeQueue>;
  readonly #poisoned: number;
  readonly #ends: { place: number; at: number }[] = [];
  #failed = 0;
  #putBack = 0;

  constructor(given: Simulated) {
    this.#given = given;
    const chance = seeded(given.seed ?? 1);
    this.#chance = chance;
    this.#provider = pacedProvider(given.provider, this.time, chance);
    const queue = Array.from({ length: given.failures }, (_, place): Failure => {
      return { place, text: chance() < given.poisoned ? POISON : "hello", done: new Set(), tries: 0 };
    });
    this.#ready = makeQueue(queue);
    this.#poisoned = queue.filter(({ text }) => text === POISON).length;
  }

  async consumer(): Promise<void> {
    await this.time.sleep(5_000 * this.#chance());
    while (this.#ends.length < this.#given.failures) {
      const batch = this.#ready.take(BATCH);
      if (batch.length === 0) await this.time.sleep(1_000);
      else await this.#invocation(batch);
    }
  }

  async #invocation(batch: Failure[]): Promise<void> {
    const { clock, sleep } = this.time;
    const began = clock();
    const mayBegin = () => clock() - began < BEGIN_CALLS_MS;
    const lane = { exchange: (said: Exchange) => this.#exchange(said) };
    const by = { lane, clock, sleep, mayBegin, limitsOf: statedLimits, outcomeOf: simulatedOutcome };
    const model = limitCalls(paceModel(this.#provider.model, by), mayBegin);
    const limit = pLimit(AT_ONCE);
    await Promise.all(
      batch.map((failure) =>
        limit(() => {
          if (clock() - began < BEGIN_CORRECTIONS_MS) return this.#correct(failure, model);
          this.#comeBack(failure, MINUTE * this.#chance());
        }),
      ),
    );
  }

  async #exchange(said: Exchange) {
    const second = Math.floor(this.time.clock() / 1_000);
    this.#rpcs.set(second, (this.#rpcs.get(second) ?? 0) + 1);
    await this.time.sleep(5 + 10 * this.#chance());
    return { acquired: exchange(this.#lane, this.time.clock(), said, this.#chance) };
  }

  async #correct(failure: Failure, model: Model): Promise<void> {
    try {
      for (const step of STEPS) {
        const left = step.filter((call) => !failure.done.has(call));
        const ended = await Promise.allSettled(
          left.map(async (call) => {
            const content = call === 0 ? failure.text : "rate";
            await model.complete({ model: "m", messages: [{ role: "user", content }], maxOutputTokens: 1_000 });
            failure.done.add(call);
          }),
        );
        for (const one of ended) if (one.status === "rejected") throw one.reason;
      }
      this.#end(failure);
    } catch (error) {
      this.#afterError(failure, error);
    }
  }

  #afterError(failure: Failure, error: unknown): void {
    if (!(error instanceof ModelError)) throw error;
    if (error.failure === "refused") {
      this.#end(failure);
      return;
    }
    if (!(error instanceof LimitError)) failure.tries++;
    this.#putBack++;
    if (failure.tries > MOST_TRIES) {
      this.#failed++;
      this.#end(failure);
      return;
    }
    const isLimit = error instanceof LimitError;
    this.#comeBack(failure, isLimit ? error.until - this.time.clock() : 30_000 * 2 ** (failure.tries - 1));
  }

  #end({ place }: Failure): void {
    this.#ends.push({ place, at: this.time.clock() });
  }

  #comeBack(failure: Failure, inMs: number): void {
    void this.time.sleep(inMs).then(() => this.#ready.addFirst(failure));
  }

  figures(): Figures {
    const { failures, provider } = this.#given;
    const { counted } = this.#provider;
    const needed = (failures - this.#poisoned) * CALLS;
    const ended = this.#ends.map(({ at }) => at).toSorted((a, b) => a - b);
    const endedAt = ended.at(-1) ?? 0;
    const rpcs = [...this.#rpcs.values()];
    return {
      minutes: endedAt / MINUTE,
      overIdeal: endedAt / idealMs(provider, needed + this.#poisoned),
      refused: counted.refused / counted.calls,
      overLeast: counted.answered / needed,
      failed: this.#failed,
      lost: failures - new Set(this.#ends.map(({ place }) => place)).size,
      overtaken: largest(this.#ends.map(({ place, at }) => at - (ended[place] ?? 0))) / MINUTE,
      putBack: this.#putBack,
      rpcsPerSecond: (rpcs.reduce((sum, one) => sum + one, 0) / endedAt) * 1_000,
      busiestSecond: largest(rpcs),
    };
  }
}

/** Too many for `Math.max(...)`. */
function largest(numbers: number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), 0);
}

/** What is due: what was put back goes before what never began, as a sweep by due time has it. */
function makeQueue(items: Failure[]) {
  let at = 0;
  const again: Failure[] = [];
  return {
    addFirst: (failure: Failure) => again.push(failure),
    take(most: number): Failure[] {
      const first = again.splice(0, most);
      const taken = items.slice(at, at + most - first.length);
      at += taken.length;
      return [...first, ...taken];
    },
  };
}

/** How long the calls would take at exactly the limit. */
function idealMs(rules: ProviderRules, calls: number): number {
  const step = 1_000;
  let ms = 0;
  for (let left = calls; left > 0; ms += step) {
    if (rules.outages.some(([from, to]) => ms >= from && ms < to)) continue;
    left -= (rules.limit(ms) * step) / (rules.counts === "slots" ? ANSWER_MS : MINUTE);
  }
  return ms;
}
