import { describe, expect, it } from "vitest";
import { fakeTime } from "../../../dev/lib/fake-time.ts";
import { LimitError } from "../../../src/llm/limit-error.ts";
import { type Model, ModelError, type ModelRequest } from "../../../src/llm/model.ts";
import { newLane } from "../../../src/llm/pace/lane.ts";
import { type Exchange, exchange } from "../../../src/llm/pace/pace.ts";
import { type PacedOptions, paceModel } from "../../../src/llm/pace/paced-model.ts";

const SECOND = 1_000;
const request: ModelRequest = { model: "m", messages: [{ role: "user", content: "Hello" }], maxOutputTokens: 100 };
const limited = (retryAfterMs: number | null = null) =>
  new ModelError("retry", "rate_limited", "slow down", { retryAfterMs });

/** A paced model whose calls end as the test says, in fake time. */
function paced(ends: (call: number) => Error | null, more: Partial<PacedOptions> = {}) {
  const time = fakeTime();
  const lane = newLane(0);
  const calls: number[] = [];
  const said: Exchange[] = [];
  const model: Model = {
    async complete() {
      calls.push(time.clock());
      await time.sleep(2 * SECOND);
      const error = ends(calls.length);
      if (error !== null) throw error;
      return { text: "ok", usage: { calls: 1, inputTokens: 10, outputTokens: 5 } };
    },
  };
  const keeper = {
    async exchange(one: Exchange) {
      said.push(one);
      await time.sleep(5);
      return { acquired: exchange(lane, time.clock(), one, () => 0.5) };
    },
  };
  const options: PacedOptions = { lane: keeper, clock: time.clock, sleep: time.sleep, ...more };
  const set = { requests: 600, tokens: 0 };
  return { time, lane, calls, said, model: paceModel(model, { set, ...options }) };
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe("a paced model", () => {
  it("asks a refused call again itself, after the time the provider names", async () => {
    const { time, calls, lane, model } = paced((call) => (call === 1 ? limited(20 * SECOND) : null));
    await time.run(model.complete(request));
    expect(calls).toHaveLength(2);
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThan(22 * SECOND);
    expect(lane.inFlight.size).toBe(0);
  });

  it("gives back a call that would have to wait long, with the time when to come back", async () => {
    const { time, calls, model } = paced(() => limited(3_600 * SECOND));
    let error: unknown;
    await time.run(failure(model.complete(request)).then((thrown) => (error = thrown)));
    expect(error).toBeInstanceOf(LimitError);
    expect(calls).toHaveLength(1);
    if (error instanceof LimitError) expect(error.until).toBeGreaterThanOrEqual(3_600 * SECOND);
  });

  it("gives back a call for an hour after the pause at most, however slow the pace was before it", async () => {
    const { time, lane, model } = paced(() => limited(3_600 * SECOND), { set: { requests: 1, tokens: 0 } });
    lane.lastTurn = 90 * 3_600 * SECOND;
    let error: unknown;
    await time.run(failure(model.complete(request)).then((thrown) => (error = thrown)));
    expect(error).toBeInstanceOf(LimitError);
    if (error instanceof LimitError) expect(error.until).toBeLessThan(2.1 * 3_600 * SECOND);
  });

  it("gives back what waits when its worker has no time left", async () => {
    let left = true;
    const { time, calls, model } = paced(
      () => {
        left = false;
        return limited(5 * SECOND);
      },
      { mayBegin: () => left },
    );
    let error: unknown;
    await time.run(failure(model.complete(request)).then((thrown) => (error = thrown)));
    expect(error).toBeInstanceOf(LimitError);
    expect(calls).toHaveLength(1);
  });

  it("begins no call again when its worker has no time left", async () => {
    let left = true;
    const { time, calls, model } = paced(
      () => {
        left = false;
        return new ModelError("retry", "timeout", "too slow");
      },
      { mayBegin: () => left },
    );
    let error: unknown;
    await time.run(failure(model.complete(request)).then((thrown) => (error = thrown)));
    expect(error).toBeInstanceOf(LimitError);
    expect(calls).toHaveLength(1);
  });

  it("leaves to its caller what is about the request, and tells the lane so", async () => {
    const refused = new ModelError("refused", "content_filter", "no");
    const { time, calls, said, model } = paced(() => refused);
    let error: unknown;
    await time.run(failure(model.complete(request)).then((thrown) => (error = thrown)));
    expect(error).toBe(refused);
    expect(calls).toHaveLength(1);
    expect(said.flatMap(({ reports }) => reports.map(({ outcome }) => outcome))).toEqual(["other"]);
  });

  it("does not hammer a provider that is down", async () => {
    const { time, calls, model } = paced(() => new ModelError("retry", "provider_error", "down"));
    await time.run(failure(model.complete(request)));
    expect(calls).toHaveLength(3);
  });

  it("says and asks for many calls in few exchanges", async () => {
    const { time, calls, said, model } = paced(() => null, { set: { requests: 6_000, tokens: 0 } });
    await time.run(Promise.all(Array.from({ length: 6 }, () => model.complete(request))));
    expect(calls).toHaveLength(6);
    expect(said.length).toBeLessThanOrEqual(8);
    expect(said.flatMap(({ reports }) => reports)).toHaveLength(6);
  });

  it("begins no call before its place, so that six together are no burst", async () => {
    const { time, calls, model } = paced(() => null, { set: { requests: 60, tokens: 0 } });
    await time.run(Promise.all(Array.from({ length: 6 }, () => model.complete(request))));
    const gaps = calls.slice(1).map((at, i) => at - (calls[i] ?? 0));
    expect(Math.min(...gaps.slice(1))).toBeGreaterThan(0.9 * SECOND);
  });

  it.each([
    ["answers with an error", async () => ({ error: "overloaded" })],
    ["cannot be reached", () => Promise.reject(new Error("gone"))],
  ])("goes on slowly where the lane %s", async (_, answer) => {
    const { time, calls, model } = paced(() => null, { lane: { exchange: answer } });
    await time.run(Promise.all([model.complete(request), model.complete(request)]));
    expect(calls).toHaveLength(2);
    expect((calls[1] ?? 0) - (calls[0] ?? 0)).toBeGreaterThanOrEqual(5 * SECOND);
  });
});
