import { describe, expect, it } from "vitest";
import { keepLane, type Lane, LEASE_MS, type Limits, newLane } from "../../../src/llm/pace/lane.ts";
import { callsPerMinute } from "../../../src/llm/pace/learn-rate.ts";
import { type Ask, acquire, type CallReport, report, statusOf } from "../../../src/llm/pace/pace.ts";
import { perMinute } from "../../../src/llm/pace/stated-limits.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOW = 1_800_000_000_000;
const half = () => 0.5;

const asks = (more: Partial<Ask> = {}): Ask => ({ calls: 1, tokens: 500, for: "background", turn: null, ...more });

function begin(lane: Lane, now: number, more: Partial<Ask> = {}) {
  return acquire(lane, now, asks(more), half);
}

/** One call that may begin now. */
function beginOne(lane: Lane, now: number): number {
  const [first] = begin(lane, now).begin;
  if (first === undefined) throw new Error("no call may begin");
  return first.id;
}

const ends = (id: number, more: Partial<CallReport> = {}): CallReport => {
  return { id, outcome: "ok", limits: null, retryAfterMs: null, tokensUsed: 500, refusedBefore: 0, ...more };
};

function withLimit(requests: number, tokens = 0): Lane {
  const lane = newLane(NOW);
  lane.set = { requests, tokens };
  return lane;
}

/** Asks as greedily as many consumers would, for so long. */
function greedily(lane: Lane, from: number, ms: number, tokens = 500): number[] {
  const began: number[] = [];
  let turn: number | null = null;
  for (let at = from; at < from + ms; at += 50) {
    const got = begin(lane, at, { calls: 20, tokens, turn });
    turn = got.turn;
    for (const { id, inMs } of got.begin) {
      began.push(at + inMs);
      report(lane, at, ends(id, { tokensUsed: tokens }));
    }
  }
  return began;
}

describe("the pace of a lane", () => {
  it("never goes past the limit in any minute, nor in any second of it", () => {
    const began = greedily(withLimit(600), NOW, 3 * MINUTE);
    for (const length of [SECOND, MINUTE]) {
      const most = Math.max(...began.map((from) => began.filter((at) => at >= from && at < from + length).length));
      expect(most).toBeLessThanOrEqual((600 * length) / MINUTE + 3);
    }
    expect(began.length).toBeGreaterThan(0.95 * 1_800);
  });

  it("counts tokens where they run out first, and what was really used", () => {
    const began = greedily(withLimit(6_000, 60_000), NOW, 2 * MINUTE, 1_000);
    expect(began.length).toBeGreaterThan(100);
    expect(began.length).toBeLessThanOrEqual(125);
    const lane = withLimit(6_000, 60_000);
    report(lane, NOW + SECOND, ends(beginOne(lane, NOW), { tokensUsed: 20_000 }));
    expect(begin(lane, NOW + SECOND).begin).toEqual([]);
  });

  it("believes a setting more than a header, and a header more than what it found out", () => {
    const limits: Limits = { requests: { limit: 900, remaining: 800, resetMs: 7_000, periodMs: null }, tokens: null };
    const lane = newLane(NOW);
    report(lane, NOW + 1, ends(beginOne(lane, NOW), { limits }));
    expect(callsPerMinute(lane)).toBeCloseTo(873);
    lane.set = { requests: 100, tokens: 0 };
    expect(callsPerMinute(lane)).toBeCloseTo(97);
    expect(statusOf(lane, NOW).source).toBe("set");
  });

  it("does not take Groq's requests a day for requests a minute, nor -1 for a limit", () => {
    const stated = (limit: number, remaining: number, resetMs: number, periodMs: number | null = null) =>
      perMinute({ limit, remaining, resetMs, periodMs });
    expect(stated(14_400, 14_370, 179_560)).toBeNull();
    expect(stated(14_400, 14_399, 6_000)).toBeNull();
    expect(stated(-1, 0, 0)).toBeNull();
    expect(stated(0, 0, 0)).toBeNull();
    expect(stated(6_000, 5_000, 10_000)).toBe(6_000);
    expect(stated(2, 1, 500, 1_000)).toBe(120);
  });

  it("finds the limit by trying where nothing is said, and grows only while it is used", () => {
    const lane = newLane(NOW);
    const first = callsPerMinute(lane);
    for (let at = NOW; at < NOW + 5 * MINUTE; at += 10 * SECOND) report(lane, at, ends(beginOne(lane, at)));
    expect(callsPerMinute(lane)).toBeLessThan(1.5 * first);
    greedily(lane, NOW + 6 * MINUTE, MINUTE);
    expect(callsPerMinute(lane)).toBeGreaterThan(8 * first);
  });

  it("comes back after a cut where one consumer takes the places it is given ahead, and is never refused one", () => {
    const lane = withLimit(600);
    report(lane, NOW + SECOND, ends(beginOne(lane, NOW + SECOND), { outcome: "limited", retryAfterMs: SECOND }));
    const cut = callsPerMinute(lane);
    expect(cut).toBeLessThan(0.9 * 600);
    // Two calls at once take just longer than two intervals: there is always a place, a little ahead.
    let free = NOW + 5 * SECOND;
    for (let at = free; at < NOW + 3 * MINUTE; at = Math.max(at + 10, free)) {
      const got = begin(lane, at, { calls: 2 });
      expect(got.begin).toHaveLength(2);
      for (const { id, inMs } of got.begin) {
        free = at + inMs;
        report(lane, free, ends(id));
      }
    }
    expect(callsPerMinute(lane)).toBeGreaterThan(0.95 * 600);
  });

  it("is not cut below a known limit by one refusal in hundreds", () => {
    const lane = withLimit(600);
    greedily(lane, NOW, 50 * SECOND);
    const at = NOW + MINUTE;
    const [first] = begin(lane, at).begin;
    report(lane, at + 100, ends(first?.id ?? 0, { outcome: "limited", retryAfterMs: SECOND }));
    expect(callsPerMinute(lane)).toBeCloseTo(0.97 * 600);
    expect(begin(lane, at + 200).begin).toEqual([]);
  });

  it("gives turns no further apart because the lane is paused for minutes", () => {
    const lane = withLimit(600);
    report(lane, NOW, ends(beginOne(lane, NOW), { outcome: "limited", retryAfterMs: 10 * MINUTE }));
    const turns = Array.from({ length: 11 }, () => begin(lane, NOW + SECOND).turn ?? 0);
    const last = turns.at(-1) ?? 0;
    expect(last - (turns[0] ?? 0)).toBeLessThan(10 * 1.2 * (MINUTE / callsPerMinute(lane)));
  });

  it("is cut once by a burst of refusals, not once for each", () => {
    const lane = newLane(NOW);
    greedily(lane, NOW, 20 * SECOND);
    const at = NOW + 21 * SECOND;
    const before = callsPerMinute(lane);
    const ids = begin(lane, at, { calls: 6 }).begin.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(1);
    for (const id of ids) report(lane, at + 600, ends(id, { outcome: "limited" }));
    expect(callsPerMinute(lane)).toBeCloseTo(0.85 * before, 0);
  });

  it("stays when the provider is overloaded, which says nothing about its limit", () => {
    const lane = withLimit(600);
    const ids = begin(lane, NOW, { calls: 6 }).begin.map(({ id }) => id);
    for (const id of ids.slice(0, 2)) report(lane, NOW + 600, ends(id, { outcome: "overloaded" }));
    expect(statusOf(lane, NOW + 600).pausedUntil).toBeNull();
    for (const id of ids.slice(2)) report(lane, NOW + 600, ends(id, { outcome: "overloaded" }));
    expect(statusOf(lane, NOW + 600)).toMatchObject({ pausedFor: "overloaded", callsPerMinute: 582 });
  });
});

describe("a pause", () => {
  it("holds everybody for as long as the provider says, and no longer", () => {
    const lane = withLimit(600);
    report(lane, NOW + 100, ends(beginOne(lane, NOW), { outcome: "limited", retryAfterMs: 20 * SECOND }));
    const waits = begin(lane, NOW + 200);
    expect(waits).toMatchObject({ begin: [], why: "limited" });
    expect(waits.waitMs).toBeLessThan(21 * SECOND);
    expect(begin(lane, NOW + 19 * SECOND, { for: "person" }).begin).toEqual([]);
    expect(begin(lane, NOW + 20.2 * SECOND, { turn: waits.turn }).begin).toHaveLength(1);
  });

  it("ends with a ramp, not with everybody at once", () => {
    const lane = withLimit(6_000);
    report(lane, NOW + 100, ends(beginOne(lane, NOW), { outcome: "limited", retryAfterMs: 10 * SECOND }));
    const began = greedily(lane, NOW + 100, 20 * SECOND);
    const from = NOW + 10.1 * SECOND;
    expect(began.filter((at) => at < from)).toEqual([]);
    expect(began.filter((at) => at < from + 500).length).toBeLessThan(25);
    expect(began.filter((at) => at >= from + 4_000 && at < from + 5_000).length).toBeGreaterThan(80);
  });

  it("grows where refusals do not say for how long, and begins small again after an answer", () => {
    const lane = withLimit(600);
    const pauses: number[] = [];
    let at = NOW;
    for (let refused = 0; refused < 2; refused++, at += SECOND) {
      report(lane, at + 600, ends(beginOne(lane, at), { outcome: "limited" }));
      expect(lane.pausedUntil).toBe(0);
    }
    for (let round = 0; round < 6; round++) {
      const id = beginOne(lane, at);
      report(lane, at + 600, ends(id, { outcome: "limited" }));
      pauses.push(lane.pausedUntil - at - 600);
      at = lane.pausedUntil + SECOND;
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    report(lane, at, ends(beginOne(lane, at)));
    report(lane, at + 900, ends(beginOne(lane, at + SECOND), { outcome: "limited" }));
    expect(lane.pausedUntil - at - 900).toBeLessThanOrEqual(1_000);
  });

  it("is not made by one call that is refused however often, while others are answered", () => {
    const lane = withLimit(600);
    report(lane, NOW + 10, ends(beginOne(lane, NOW)));
    const id = beginOne(lane, NOW + SECOND);
    report(lane, NOW + 2 * SECOND, ends(id, { outcome: "limited", refusedBefore: 2 }));
    expect(statusOf(lane, NOW + 2 * SECOND).pausedUntil).toBeNull();
  });

  it("is not made by what moderation refuses", () => {
    const lane = withLimit(600);
    for (let i = 0; i < 20; i++) {
      report(lane, NOW + i * SECOND, ends(beginOne(lane, NOW + i * SECOND), { outcome: "other" }));
    }
    expect(statusOf(lane, NOW + 20 * SECOND)).toMatchObject({ pausedUntil: null, callsPerMinute: 582 });
  });
});

describe("those who wait", () => {
  it("come back one after the other, not all at once", () => {
    const lane = withLimit(60);
    beginOne(lane, NOW);
    const turns = Array.from({ length: 250 }, () => begin(lane, NOW).turn ?? 0);
    expect(new Set(turns.map((turn) => Math.round(turn / 900))).size).toBeGreaterThan(240);
    expect(statusOf(lane, NOW).waiting).toBeGreaterThan(200);
  });

  it("keep their turn against those who ask later", () => {
    const lane = withLimit(60);
    beginOne(lane, NOW);
    const first = begin(lane, NOW).turn ?? 0;
    begin(lane, NOW);
    expect(begin(lane, first).begin).toEqual([]);
    expect(begin(lane, first, { turn: first }).begin).toHaveLength(1);
  });

  it("let a person go first, who takes at most every second place", () => {
    const lane = withLimit(600);
    for (let i = 0; i < 500; i++) begin(lane, NOW);
    expect(begin(lane, NOW + 300, { for: "person" }).begin).toHaveLength(1);
    let [people, others] = [0, 0];
    let turn: number | null = null;
    for (let at = NOW + 60 * SECOND; at < NOW + 120 * SECOND; at += 20) {
      for (const { id } of begin(lane, at, { calls: 5, for: "person" }).begin) {
        people++;
        report(lane, at, ends(id));
      }
      const got = begin(lane, at, { calls: 5, turn });
      turn = got.turn;
      for (const { id } of got.begin) report(lane, at, ends(id));
      others += got.begin.length;
    }
    expect(people).toBeGreaterThan(200);
    expect(others).toBeGreaterThan(200);
  });

  it("are not held up by consumers that died with their calls", () => {
    const lane = newLane(NOW);
    const { calls } = lane.window;
    for (let at = NOW; lane.inFlight.size < calls; at += 500) begin(lane, at);
    expect(begin(lane, NOW + MINUTE).begin).toEqual([]);
    expect(begin(lane, NOW + MINUTE + LEASE_MS).begin).toHaveLength(1);
  });

  it("are not sent to sleep for longer than the pace may take to grow", () => {
    const lane = withLimit(2);
    beginOne(lane, NOW);
    for (let i = 0; i < 100; i++) expect(begin(lane, NOW).askAgainMs).toBeLessThan(5 * SECOND);
  });
});

describe("calls at once", () => {
  it("are cut where the provider says that there are too many", () => {
    const lane = newLane(NOW);
    for (let at = NOW; lane.inFlight.size < 10; at += 500) begin(lane, at);
    const [id = 0] = lane.inFlight.keys();
    const before = callsPerMinute(lane);
    report(lane, NOW + 10 * SECOND, ends(id, { outcome: "crowded" }));
    expect(lane.window.calls).toBe(9);
    expect(callsPerMinute(lane)).toBe(before);
  });
});

describe("a lane whose object was evicted", () => {
  it("knows its limit and its pause, and does not take old calls for new ones", () => {
    const lane = newLane(NOW);
    greedily(lane, NOW, 30 * SECOND);
    const old = beginOne(lane, NOW + 31 * SECOND);
    report(lane, NOW + 32 * SECOND, ends(old, { outcome: "limited", retryAfterMs: 5 * MINUTE }));
    const kept = JSON.parse(JSON.stringify(keepLane(lane)));
    const again = newLane(NOW + MINUTE, kept);
    expect(again.learned.best).toBe(lane.learned.best);
    expect(begin(again, NOW + MINUTE)).toMatchObject({ begin: [], why: "limited" });
    const id = beginOne(again, lane.pausedUntil + MINUTE);
    report(again, lane.pausedUntil + MINUTE, ends(old));
    expect([...again.inFlight.keys()]).toEqual([id]);
  });
});
