import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FailureEvent,
  type FailureState,
  MAX_TRIES,
  nextState,
  RECORDED,
  waitMs,
} from "../../src/failures/failure-state.ts";
import { LEASE_MS } from "../../src/lib/keep-lease.ts";

const NOW = 1_000_000;

const events: fc.Arbitrary<FailureEvent> = fc.oneof(
  fc.record({ type: fc.constant("requested" as const), runId: fc.constant("run"), redo: fc.boolean() }),
  fc.constant({ type: "sent" as const }),
  fc.constant({ type: "claimed" as const }),
  fc.constant({ type: "improved" as const }),
  fc.constant({ type: "needs_human" as const, code: "c", reason: "r" }),
  fc.record({
    type: fc.constant("try_again" as const),
    code: fc.constant("c"),
    reason: fc.constant("r"),
    retryAfterMs: fc.option(fc.nat(10_000_000)),
  }),
  fc.record({
    type: fc.constant("wait" as const),
    code: fc.constant("c"),
    reason: fc.constant("r"),
    untilMs: fc.nat(10_000_000),
  }),
  fc.constant({ type: "gave_up" as const, code: "c", reason: "r" }),
  fc.constant({ type: "lease_ran_out" as const }),
);

/** Plays events from a fresh failure, each with the time that passed before it. */
function play(steps: [FailureEvent, number][]): FailureState[] {
  let now = NOW;
  const states = [RECORDED];
  for (const [event, passed] of steps) {
    now += passed;
    states.push(nextState(states.at(-1) as FailureState, event, now, 0.5) ?? (states.at(-1) as FailureState));
  }
  return states;
}

const steps = fc.array(fc.tuple(events, fc.nat(LEASE_MS * 2)), { maxLength: 60 });

describe("the life of a failure", () => {
  it("never leaves a failure that was asked for without a time to look at it again, unless it is over", () => {
    fc.assert(
      fc.property(steps, (played) => {
        for (const state of play(played)) {
          const over = ["improved", "needs_human", "failed"].includes(state.status);
          const untouched = state.status === "pending" && state.tries === 0 && state.runId === null;
          expect(over ? state.dueAt === null : untouched || state.dueAt !== null).toBe(true);
        }
      }),
    );
  });

  it("never lets attempts go back, so that no two attempts share a number", () => {
    fc.assert(
      fc.property(steps, (played) => {
        const attempts = play(played).map((state) => state.attempts);
        expect(attempts).toEqual(attempts.toSorted((a, b) => a - b));
      }),
    );
  });

  it("never tries more often than MAX_TRIES without being asked again", () => {
    fc.assert(fc.property(steps, (played) => play(played).every(({ tries }) => tries >= 0 && tries <= MAX_TRIES)));
  });

  it("does not correct what is corrected, and what nobody asked for", () => {
    const [improved] = play([
      [{ type: "requested", runId: null }, 0],
      [{ type: "claimed" }, 0],
      [{ type: "improved" }, 0],
    ]).slice(-1);
    expect(nextState(improved as FailureState, { type: "claimed" }, NOW, 0)).toBeNull();
    expect(nextState(improved as FailureState, { type: "requested", runId: "r" }, NOW, 0)).toBeNull();
    expect(nextState(RECORDED, { type: "claimed" }, NOW, 0)).toBeNull();
  });

  it("does not take a correction away from a worker whose lease still runs", () => {
    const held = play([
      [{ type: "requested", runId: null }, 0],
      [{ type: "claimed" }, 0],
    ]).at(-1) as FailureState;
    expect(nextState(held, { type: "lease_ran_out" }, NOW + LEASE_MS - 1, 0)).toBeNull();
    expect(nextState(held, { type: "claimed" }, NOW + LEASE_MS - 1, 0)).toBeNull();
    expect(nextState(held, { type: "lease_ran_out" }, NOW + LEASE_MS, 0)?.status).toBe("pending");
  });

  it("fails a correction whose workers keep dying, and lets a redo begin afresh", () => {
    let state = nextState(RECORDED, { type: "requested", runId: null }, NOW, 0) as FailureState;
    for (let i = 0; i < MAX_TRIES; i++) {
      state = nextState(state, { type: "claimed" }, NOW + i * LEASE_MS, 0) as FailureState;
      state = nextState(state, { type: "lease_ran_out" }, NOW + (i + 1) * LEASE_MS, 0) as FailureState;
    }
    expect(state).toMatchObject({ status: "failed", reasonCode: "never_ended", dueAt: null });
    expect(nextState(state, { type: "requested", runId: "r" }, NOW, 0)).toBeNull();
    expect(nextState(state, { type: "requested", runId: "r", redo: true }, NOW, 0)).toMatchObject({
      status: "pending",
      tries: 0,
    });
  });

  it("does not let a message that came twice begin what waits for a time", () => {
    const sent: [FailureEvent, number][] = [
      [{ type: "requested", runId: null }, 0],
      [{ type: "sent" }, 0],
      [{ type: "claimed" }, 0],
    ];
    const retried = play([...sent, [{ type: "try_again", code: "c", reason: "r", retryAfterMs: null }, 0]]).at(-1);
    const waiting = play([...sent, [{ type: "wait", code: "c", reason: "r", untilMs: NOW + 60_000 }, 0]]).at(-1);
    for (const state of [retried, waiting] as FailureState[]) {
      expect(state.dueAt).toBeGreaterThan(NOW);
      expect(nextState(state, { type: "claimed" }, (state.dueAt ?? 0) - 1, 0)).toBeNull();
      expect(nextState(state, { type: "sent" }, (state.dueAt ?? 0) - 1, 0)).toBeNull();
      expect(nextState(state, { type: "claimed" }, state.dueAt ?? 0, 0)?.status).toBe("correcting");
    }
  });

  it("lets a message begin it at any time after it was sent", () => {
    const sent = play([
      [{ type: "requested", runId: null }, 0],
      [{ type: "sent" }, 0],
    ]).at(-1) as FailureState;
    expect(sent.dueAt).toBeGreaterThan(NOW);
    expect(nextState(sent, { type: "claimed" }, NOW + 1, 0)?.status).toBe("correcting");
  });

  it("burns no try when it has to wait through no fault of its own", () => {
    const held = play([
      [{ type: "requested", runId: null }, 0],
      [{ type: "claimed" }, 0],
    ]).at(-1) as FailureState;
    const waits = nextState(held, { type: "wait", code: "c", reason: "r", untilMs: NOW + 5 }, NOW, 0);
    expect(waits).toMatchObject({ status: "pending", tries: 0, attempts: 1, dueAt: NOW + 5 });
  });

  it("waits longer after each try, as long as the provider asks, and never all at the same moment", () => {
    expect(waitMs(1, null, 0)).toBeLessThan(waitMs(2, null, 0));
    expect(waitMs(1, 3_600_000, 0)).toBe(3_600_000);
    expect(waitMs(1, null, 1)).toBe(waitMs(1, null, 0) * 1.5);
  });
});
