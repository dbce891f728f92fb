import { MINUTE, SECOND } from "../../lib/time.ts";

/*
 * One lane: all calls that share one limit of a provider (address, key and model). Plain state that one owner changes
 * in place: a thousand calls in flight are not worth copying for each report.
 */

/** One limit as the provider's headers state it; null: not said. */
export interface StatedLimit {
  limit: number | null;
  remaining: number | null;
  /** Until it is full again, or begins again. */
  resetMs: number | null;
  /** What it is counted over, where that is known. */
  periodMs: number | null;
}

/** What a provider's answer says about its limits. */
export interface Limits {
  requests: StatedLimit | null;
  tokens: StatedLimit | null;
}

/** Limits set by hand, a minute; 0: learn them. */
export interface SetLimits {
  requests: number;
  tokens: number;
}

/** A call that may begin and has not been reported yet. */
interface Lease {
  /** When it may begin. */
  beginsAt: number;
  /** A consumer that crashed never reports: past this, the call counts as ended. */
  expiresAt: number;
  tokens: number;
}

export type PauseReason = "limited" | "overloaded";

export interface Lane {
  set: SetLimits;
  /** A minute, from headers; null while none were seen. */
  stated: { requests: number | null; tokens: number | null };
  /** What was found out by trying (`learn-rate.ts`). */
  learned: {
    /** The fastest pace believed to be allowed, in calls a minute; null before the first refusal. */
    best: number | null;
    /** Time since the last cut in which the lane was really used. */
    usedMs: number;
    /** When `usedMs` was last moved on. */
    tickedAt: number;
    cutAt: number;
    /** Calls begun since then, and how many of them were refused: since the last cut, or in the last minute. */
    begun: number;
    refused: number;
    countedFrom: number;
    /** Calls a minute that were accepted before the last cut, pauses included. */
    average: number;
  };
  /** How many calls at once help (`learn-window.ts`). */
  window: {
    calls: number;
    direction: "up" | "down" | "hold";
    /** Answers a millisecond at the window before this one. */
    before: number;
    answers: number;
    since: number;
    /** When a call last had to wait because the window was full. */
    fullAt: number;
    cutAt: number;
  };
  pausedUntil: number;
  pausedFor: PauseReason | null;
  /** Pauses with no answer between them. */
  pausesInARow: number;
  overloadsInARow: number;
  /** Refusals one after the other, with hardly a call between them that may yet be answered. */
  refusals: { firstId: number; count: number };
  /** When the next call may begin, by calls, by tokens, and for people, who get at most every second call. */
  nextCall: number;
  nextByTokens: number;
  nextForPerson: number;
  /** Turns are given out up to here: to those who come back at their turn, and to those who ask first. */
  headTurn: number;
  lastTurn: number;
  /** When a call last had to wait for the pace. */
  shortAt: number;
  inFlight: Map<number, Lease>;
  nextId: number;
  latencyMs: number;
  /** Tokens really used over tokens expected. */
  tokenRatio: number;
}

/** What outlives the object: without it a lane would have to be refused to know its limit again. */
export type KeptLane = Pick<Lane, "set" | "stated" | "pausedUntil" | "pausedFor" | "tokenRatio"> & {
  best: number | null;
  calls: number | null;
};

/**
 * Calls in flight to begin with where nothing is known of the provider: enough for any hosted one, and a local server
 * with one slot answers the last of them within the deadline of 90 s.
 */
const FIRST_WINDOW = 16;

const FIRST_LATENCY_MS = 4 * SECOND;

/** A call takes at most two minutes (`deadlines.ts`). */
export const LEASE_MS = 3 * MINUTE;

export function newLane(now: number, kept: KeptLane | null = null): Lane {
  return {
    set: kept?.set ?? { requests: 0, tokens: 0 },
    stated: kept?.stated ?? { requests: null, tokens: null },
    learned: {
      best: kept?.best ?? null,
      usedMs: 0,
      tickedAt: now,
      cutAt: now,
      begun: 0,
      refused: 0,
      countedFrom: now,
      average: Number.POSITIVE_INFINITY,
    },
    window: {
      calls: kept?.calls ?? FIRST_WINDOW,
      direction: kept?.calls ? "hold" : "up",
      before: 0,
      answers: 0,
      since: now,
      fullAt: 0,
      cutAt: 0,
    },
    pausedUntil: kept?.pausedUntil ?? 0,
    pausedFor: kept?.pausedFor ?? null,
    pausesInARow: 0,
    overloadsInARow: 0,
    refusals: { firstId: 0, count: 0 },
    nextCall: 0,
    nextByTokens: 0,
    nextForPerson: 0,
    headTurn: 0,
    lastTurn: 0,
    shortAt: 0,
    inFlight: new Map(),
    // Ids of an object that was evicted must not be taken for its successor's.
    nextId: now * 1_000,
    latencyMs: FIRST_LATENCY_MS,
    tokenRatio: kept?.tokenRatio ?? 1,
  };
}

export function keepLane(lane: Lane): KeptLane {
  const { set, stated, pausedUntil, pausedFor, tokenRatio, learned, window } = lane;
  const calls = window.direction === "hold" ? window.calls : null;
  return { set, stated, pausedUntil, pausedFor, tokenRatio, best: learned.best, calls };
}

/** Ends the calls whose consumers never reported. Leases are in the order in which they expire. */
export function expireLeases(lane: Lane, now: number): void {
  for (const [id, { expiresAt }] of lane.inFlight) {
    if (expiresAt > now) return;
    lane.inFlight.delete(id);
  }
}
