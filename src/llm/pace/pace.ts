import { HOUR, MINUTE, SECOND } from "../../lib/time.ts";
import { expireLeases, type Lane, LEASE_MS, type Limits, type PauseReason, type SetLimits } from "./lane.ts";
import {
  callsPerMinute,
  countBegun,
  cutRate,
  growRate,
  intervalMs,
  tokensPerMinute,
  trustAverage,
} from "./learn-rate.ts";
import { cutWindow, growWindow, isForWindow, windowOf } from "./learn-window.ts";
import { perMinute } from "./stated-limits.ts";

/*
 * When may a call begin? Pure decisions over one lane, which all consumers share. Calls begin one after the other at
 * the lane's pace (GCRA: the time of the next one moves on by an interval each). Who has to wait is given a turn, in
 * the order of asking, and comes back then; what a person waits for takes the next place.
 */

export type WaitsFor = "person" | "background";

export interface Ask {
  calls: number;
  /** Tokens expected for each of them. */
  tokens: number;
  for: WaitsFor;
  /** The turn given to the same asker before; null when it asks for the first time. */
  turn: number | null;
}

export interface Acquired {
  /** Calls that may begin, each after its own delay in milliseconds. */
  begin: { id: number; inMs: number }[];
  /** For the rest: when to ask again, and the turn to bring. */
  askAgainMs: number;
  turn: number | null;
  /** Until the turn, or the end of the pause, whichever is later: longer than `askAgainMs` where the queue is long. */
  waitMs: number;
  /** Until the lane's pause is over; 0 without one. */
  pauseMs: number;
  /** What is waited for. */
  why: PauseReason | "pace";
}

export interface CallReport {
  id: number;
  /** `crowded`: refused because too many calls are under way at once. */
  outcome: "ok" | "limited" | "crowded" | "overloaded" | "other";
  limits: Limits | null;
  retryAfterMs: number | null;
  tokensUsed: number;
  /** How often this same call was refused before. */
  refusedBefore: number;
}

/** Places up to this far ahead are given out, so that a call begins on time without asking once more. */
const AHEAD_MS = 500;

/** Unused time may be made up for at once by two calls, in less than a second: 60 a minute may be counted as 1 a second. */
const BURST_CALLS = 2;
const BURST_MS = 300;

/** Nobody sleeps longer than this before asking again: the pace may have grown. */
const LONGEST_SLEEP_MS = 4 * SECOND;
const SHORTEST_SLEEP_MS = 50;

/** Those who come back spread over this share of their wait, and at least over this time. */
const SPREAD = 0.05;
const SPREAD_MS = 100;

/** A refusal that does not say for how long: 1 s, then twice as long, as long as nothing is answered. */
const FIRST_PAUSE_MS = SECOND;
const LONGEST_PAUSE_MS = { limited: 15 * SECOND, overloaded: 30 * SECOND };

/** Even a provider that names tomorrow is asked again after an hour: one refused call, where a limit was raised. */
const LONGEST_HINT_MS = HOUR;

/** One overloaded answer is bad luck; three in a row, with none between them, are an outage. */
const OVERLOADS_TO_PAUSE = 3;

/** One refusal is bad luck too, where a little is asked for above the limit; as many as this, and half of all, are not. */
const REFUSALS_TO_PAUSE = 3;
const SHARE_TO_PAUSE = 0.5;

/** Refused this often while others are answered, it is about the call (too large for the limit) and not the lane. */
const REFUSALS_OF_ONE = 2;

/** The window counts as full for this long; places in it are left to those who wait this often. */
const FULL_MS = 2 * SECOND;
const YIELD = 0.25;

/** What one answer weighs in the running means. */
const WEIGHT = 0.05;

/** How many calls may begin now or within half a second, and when to ask again for the rest. */
export function acquire(lane: Lane, now: number, ask: Ask, chance: () => number): Acquired {
  expireLeases(lane, now);
  const room = Math.max(0, Math.floor(windowOf(lane)) - lane.inFlight.size);
  const begin: Acquired["begin"] = [];
  if (now >= lane.pausedUntil && isTurn(lane, now, ask, chance)) {
    while (begin.length < Math.min(ask.calls, room)) {
      const inMs = beginOne(lane, now, ask);
      if (inMs === null) break;
      begin.push({ id: lane.nextId - 1, inMs });
      if (inMs > 0) lane.shortAt = now;
    }
  }
  const rest = ask.calls - begin.length;
  const pauseMs = Math.max(0, lane.pausedUntil - now);
  const why = now < lane.pausedUntil ? (lane.pausedFor ?? "limited") : "pace";
  if (rest === 0) return { begin, askAgainMs: 0, turn: null, waitMs: 0, pauseMs, why };
  if (why === "pace") noteWhatHeldBack(lane, now, begin.length === room);
  const turn = ask.turn !== null && ask.turn > now ? ask.turn : giveTurn(lane, now, ask, rest);
  const until = Math.max(turn, lane.pausedUntil) - now;
  const sleep = Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, until));
  const askAgainMs = Math.round(sleep + chance() * Math.max(SPREAD_MS, SPREAD * sleep));
  return { begin, askAgainMs, turn, waitMs: until, pauseMs, why };
}

/** The pace, or the window: only what holds calls back is in use, and can be learned about. */
function noteWhatHeldBack(lane: Lane, now: number, full: boolean): void {
  if (Math.max(lane.nextCall, lane.nextByTokens) > now - burstMs(lane, now)) lane.shortAt = now;
  else if (full) lane.window.fullAt = now;
}

/** Whose turn it is: a person's always; else who waited, and anyone where time goes unused. */
function isTurn(lane: Lane, now: number, ask: Ask, chance: () => number): boolean {
  if (ask.for === "person") return lane.nextForPerson <= now + AHEAD_MS;
  if (ask.turn !== null && ask.turn <= now + SPREAD_MS) return true;
  if (Math.max(lane.lastTurn, lane.headTurn) <= now) return true;
  if (Math.max(lane.nextCall, lane.nextByTokens) >= now - burstMs(lane, now)) return false;
  // Where the window is what all wait for, who has just ended a call would be the first to ask for its place, always.
  return now - lane.window.fullAt > FULL_MS || chance() >= YIELD;
}

function burstMs(lane: Lane, now: number): number {
  return Math.min(BURST_MS, BURST_CALLS * intervalMs(lane, now));
}

/** Gives out the next place; null where it is too far ahead. */
function beginOne(lane: Lane, now: number, ask: Ask): number | null {
  const at = Math.max(now, lane.nextCall, lane.nextByTokens, ask.for === "person" ? lane.nextForPerson : 0);
  if (at > now + AHEAD_MS) return null;
  const step = intervalMs(lane, at);
  const tokens = ask.tokens * lane.tokenRatio;
  const unused = now - burstMs(lane, now);
  lane.nextCall = Math.max(lane.nextCall, unused) + step;
  lane.nextByTokens = Math.max(lane.nextByTokens, unused) + (tokens * MINUTE) / tokensPerMinute(lane);
  if (ask.for === "person") lane.nextForPerson = Math.max(lane.nextForPerson, now) + 2 * step;
  countBegun(lane, now);
  lane.inFlight.set(lane.nextId++, { beginsAt: at, expiresAt: now + LEASE_MS, tokens: ask.tokens });
  return at - now;
}

/** A turn for those who have to wait: one who comes back at a turn stays ahead of those who ask for the first time. */
function giveTurn(lane: Lane, now: number, ask: Ask, calls: number): number {
  if (ask.for === "person") return Math.max(now, lane.nextForPerson - AHEAD_MS, lane.nextCall - AHEAD_MS);
  const full = lane.inFlight.size >= windowOf(lane);
  const spacing =
    calls *
    Math.max(intervalMs(lane, Math.max(now, lane.pausedUntil) + MINUTE), full ? lane.latencyMs / windowOf(lane) : 0);
  const free = Math.max(now, lane.pausedUntil, lane.nextCall - AHEAD_MS, lane.nextByTokens - AHEAD_MS, lane.headTurn);
  const at = ask.turn === null ? Math.max(free, lane.lastTurn) : free;
  if (ask.turn === null) lane.lastTurn = at + spacing;
  else lane.headTurn = at + spacing;
  return at;
}

/** Takes in how a call ended: what it says about limits, and whether the lane has to pause or to slow down. */
export function report(lane: Lane, now: number, done: CallReport): void {
  const lease = lane.inFlight.get(done.id);
  lane.inFlight.delete(done.id);
  takeLimits(lane, done.limits);
  const begunAt = lease?.beginsAt ?? now;
  if (lease && done.outcome === "ok") learnCosts(lane, now - begunAt, done.tokensUsed, lease.tokens);
  const aboutTheCall = done.refusedBefore >= REFUSALS_OF_ONE && lane.pausesInARow === 0;
  if (done.outcome === "limited" && !aboutTheCall) refused(lane, now, begunAt, done);
  else if (done.outcome === "overloaded") overloaded(lane, now, begunAt, done.retryAfterMs);
  else if (done.outcome === "crowded") cutWindow(lane, now);
  else answered(lane, now, begunAt, done);
}

function answered(lane: Lane, now: number, begunAt: number, { id, outcome }: CallReport): void {
  lane.overloadsInARow = 0;
  if (id > lane.refusals.firstId) lane.refusals.count = 0;
  if (begunAt >= lane.pausedUntil) lane.pausesInARow = 0;
  if (outcome !== "ok") return;
  growRate(lane, now);
  growWindow(lane, now);
}

/** The provider's health says nothing about its limits: the pace stays. */
function overloaded(lane: Lane, now: number, begunAt: number, hintMs: number | null): void {
  lane.overloadsInARow++;
  if (lane.overloadsInARow >= OVERLOADS_TO_PAUSE) pause(lane, now, begunAt, "overloaded", hintMs);
}

function refused(lane: Lane, now: number, begunAt: number, { id, retryAfterMs: hintMs }: CallReport): void {
  const stillUsedUp = lane.pausesInARow > 0;
  const usedUp = isStreak(lane, id) || hintMs !== null || stillUsedUp;
  if (isForWindow(lane, now)) cutWindow(lane, now);
  else if (stillUsedUp) trustAverage(lane, begunAt);
  else cutRate(lane, now, begunAt, hintMs ?? 0, usedUp);
  if (usedUp) pause(lane, now, begunAt, "limited", hintMs);
}

/** Ids count the calls that began, so they tell how many others began between two refused ones. */
function isStreak({ refusals }: Lane, id: number): boolean {
  const isShare = refusals.count + 1 >= SHARE_TO_PAUSE * (id - refusals.firstId + 1);
  if (refusals.count === 0 || !isShare) Object.assign(refusals, { firstId: id, count: 0 });
  return ++refusals.count >= REFUSALS_TO_PAUSE;
}

/** Nothing begins until then. Calls from before the pause are refused too, and make it no longer than they say. */
function pause(lane: Lane, now: number, begunAt: number, reason: PauseReason, hintMs: number | null): void {
  const again = begunAt >= lane.pausedUntil && now >= lane.pausedUntil;
  const backoff = Math.min(FIRST_PAUSE_MS * 2 ** lane.pausesInARow, LONGEST_PAUSE_MS[reason]);
  const pauseMs = hintMs === null ? backoff : Math.min(hintMs, LONGEST_HINT_MS);
  if (hintMs === null && !again) return;
  if (again) lane.pausesInARow++;
  if (now + pauseMs <= lane.pausedUntil) return;
  lane.pausedUntil = now + pauseMs;
  lane.pausedFor = reason;
  lane.nextCall = Math.max(lane.nextCall, lane.pausedUntil);
}

function takeLimits(lane: Lane, limits: Limits | null): void {
  const requests = perMinute(limits?.requests);
  const tokens = perMinute(limits?.tokens);
  if (requests !== null) lane.stated.requests = requests;
  if (tokens !== null) lane.stated.tokens = tokens;
}

function learnCosts(lane: Lane, latencyMs: number, used: number, expected: number): void {
  lane.latencyMs += WEIGHT * (latencyMs - lane.latencyMs);
  if (used === 0 || expected === 0) return;
  lane.nextByTokens += ((used - expected * lane.tokenRatio) * MINUTE) / tokensPerMinute(lane);
  lane.tokenRatio += WEIGHT * (used / expected - lane.tokenRatio);
}

/** What one consumer says and asks at once, so that many calls cost few round trips. */
export interface Exchange {
  reports: CallReport[];
  ask: Ask | null;
  set: SetLimits;
}

export function exchange(
  lane: Lane,
  now: number,
  { reports, ask, set }: Exchange,
  chance: () => number,
): Acquired | null {
  lane.set = set;
  for (const one of reports) report(lane, now, one);
  return ask === null ? null : acquire(lane, now, ask, chance);
}

/** A lane as pages and the API show it. */
export interface LaneStatus {
  callsPerMinute: number;
  /** Null: no limit known. */
  tokensPerMinute: number | null;
  /** Where the pace comes from. */
  source: "set" | "stated" | "learned";
  pausedUntil: number | null;
  pausedFor: PauseReason | null;
  inFlight: number;
  /** Calls that wait for their turn, about. */
  waiting: number;
}

export function statusOf(lane: Lane, now: number): LaneStatus {
  expireLeases(lane, now);
  const calls = callsPerMinute(lane);
  const tokens = tokensPerMinute(lane);
  const paused = lane.pausedUntil > now;
  const stated = lane.stated.requests === null ? "learned" : "stated";
  return {
    callsPerMinute: Math.round(calls),
    tokensPerMinute: Number.isFinite(tokens) ? Math.round(tokens) : null,
    source: lane.set.requests > 0 ? "set" : stated,
    pausedUntil: paused ? lane.pausedUntil : null,
    pausedFor: paused ? lane.pausedFor : null,
    inFlight: lane.inFlight.size,
    waiting: Math.round(Math.max(0, ((Math.max(lane.lastTurn, lane.headTurn) - now) * calls) / MINUTE)),
  };
}
