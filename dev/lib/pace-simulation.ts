import pLimit from "p-limit";
import { ModelError } from "../../src/llm/model.ts";
import { newLane } from "../../src/llm/pace/lane.ts";
import { LimitError } from "../../src/llm/pace/limit-error.ts";
import { exchange } from "../../src/llm/pace/pace.ts";
import { paceModel } from "../../src/llm/pace/paced-model.ts";
import { limitCalls } from "../../src/llm/wrap-model.ts";
import {
  type FakeTime,
  fakeTime,
  POISON,
  type ProviderRules,
  pacedProvider,
  simulatedOutcome,
  statedLimits,
} from "./paced-provider.ts";
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
  const { consumers, failures, provider: rules, poisoned, seed = 1 } = given;
  const time = fakeTime();
  const chance = seeded(seed);
  const { model, counted } = pacedProvider(rules, time, chance);
  const lane = newLane(0);
  const rpcs = new Map<number, number>();
  const keeper = {
    async exchange(said: Parameters<typeof exchange>[2]) {
      const second = Math.floor(time.clock() / 1_000);
      rpcs.set(second, (rpcs.get(second) ?? 0) + 1);
      await time.sleep(5 + 10 * chance());
      return { acquired: exchange(lane, time.clock(), said, chance) };
    },
  };
  const queue = Array.from({ length: failures }, (_, place): Failure => {
    return { place, text: chance() < poisoned ? POISON : "hello", done: new Set(), tries: 0 };
  });
  const ready = makeQueue(queue);
  const result = { ends: [] as { place: number; at: number }[], failed: 0, putBack: 0 };
  const poisonCount = queue.filter(({ text }) => text === POISON).length;

  async function correct(failure: Failure, paced: ReturnType<typeof paceModel>): Promise<void> {
    try {
      for (const step of STEPS) {
        const left = step.filter((call) => !failure.done.has(call));
        const ended = await Promise.allSettled(
          left.map(async (call) => {
            const content = call === 0 ? failure.text : "rate";
            await paced.complete({ model: "m", messages: [{ role: "user", content }], maxOutputTokens: 1_000 });
            failure.done.add(call);
          }),
        );
        for (const one of ended) if (one.status === "rejected") throw one.reason;
      }
      result.ends.push({ place: failure.place, at: time.clock() });
    } catch (error) {
      afterError(failure, error);
    }
  }

  function afterError(failure: Failure, error: unknown): void {
    if (!(error instanceof ModelError)) throw error;
    if (error.failure === "refused") {
      result.ends.push({ place: failure.place, at: time.clock() });
      return;
    }
    if (!(error instanceof LimitError)) failure.tries++;
    result.putBack++;
    if (failure.tries > MOST_TRIES) {
      result.failed++;
      result.ends.push({ place: failure.place, at: time.clock() });
      return;
    }
    const waitMs = error instanceof LimitError ? error.until - time.clock() : 30_000 * 2 ** (failure.tries - 1);
    void time.sleep(waitMs).then(() => ready.addFirst(failure));
  }

  async function consumer(): Promise<void> {
    await time.sleep(5_000 * chance());
    while (result.ends.length < failures) {
      const batch = ready.take(BATCH);
      if (batch.length === 0) {
        await time.sleep(1_000);
        continue;
      }
      const began = time.clock();
      const since = () => time.clock() - began;
      const mayBegin = () => since() < BEGIN_CALLS_MS;
      const { clock, sleep } = time;
      const paced = paceModel(model, {
        lane: keeper,
        clock,
        sleep,
        mayBegin,
        limitsOf: statedLimits,
        outcomeOf: simulatedOutcome,
      });
      const limited = limitCalls(paced, mayBegin);
      const limit = pLimit(AT_ONCE);
      await Promise.all(
        batch.map((failure) =>
          limit(() => {
            if (since() < BEGIN_CORRECTIONS_MS) return correct(failure, limited);
            void time.sleep(MINUTE * chance()).then(() => ready.addFirst(failure));
          }),
        ),
      );
    }
  }

  await time.run(Promise.all(Array.from({ length: consumers }, consumer)));
  const needed = (failures - poisonCount) * CALLS;
  const ended = result.ends.map(({ at }) => at).toSorted((a, b) => a - b);
  const endedAt = ended.at(-1) ?? 0;
  const all = [...rpcs.values()];
  return {
    minutes: endedAt / MINUTE,
    overIdeal: endedAt / idealMs(rules, needed + poisonCount),
    refused: counted.refused / counted.calls,
    overLeast: counted.answered / needed,
    failed: result.failed,
    lost: failures - new Set(result.ends.map(({ place }) => place)).size,
    overtaken: Math.max(...result.ends.map(({ place, at }) => at - (ended[place] ?? 0))) / MINUTE,
    putBack: result.putBack,
    rpcsPerSecond: (all.reduce((sum, one) => sum + one, 0) / endedAt) * 1_000,
    busiestSecond: Math.max(...all),
  };
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

export type { FakeTime };
