import { MINUTE, SECOND } from "../../lib/time.ts";
import type { Lane } from "./lane.ts";

/*
 * How fast calls may begin. Set by hand, or stated in headers, or found by trying: doubled until the first refusal,
 * then the cubic curve of the AWS SDKs' adaptive retry (botocore `retries/throttling.py`; RFC 9438), which spends most
 * of its time close to the pace that last worked, and climbs the faster the longer nothing was refused.
 */

/** Calls a minute to begin with where nothing is known: what the smallest paid tiers allow. */
const FIRST_RATE = 120;

/** The pace doubles in this time until the first refusal. Together and Anthropic punish steps, not growth. */
const DOUBLING_MS = 10 * SECOND;

/** No pace is slower: it could not find out that the limit was raised. */
const LEAST_RATE = 2;

/**
 * What a refusal leaves of the pace. AWS takes 0.7 and is back within 2 s; limits here are counted by the minute, so a
 * smaller cut (RFC 9438 and Linux use 0.7 to 0.85) that takes a minute to come back wastes less and refuses less.
 */
const CUT = 0.85;
const BACK_AFTER_MS = MINUTE;

/** At most one cut in this time: other refusals are of calls that were under way already. */
const CUT_EVERY_MS = 10 * SECOND;

/** What was accepted in all, where that is the limit; a little more, as it counts pauses too. */
const ABOVE_AVERAGE = 1.1;

/** Fewer calls say nothing about a limit: the lane was hardly used. */
const FEW = 20;

/** As many refused since the last cut: the lane was above the limit all the time. */
const MANY = 0.1;

/** A refusal costs one call, a slower pace costs many: less than this share of refused calls is no reason to cut. */
const TOLERATED = 0.01;

/** A known limit is used up to here, so that a burst, or another clock, does not go past it. */
const SHARE_OF_LIMIT = 0.97;

/** The lane is used while a call had to wait for the pace within this time. */
const USED_MS = 2 * SECOND;

/** Slower just after a pause, so that it ends with a ramp and not with everybody at once. */
const RAMP_MS = 2 * SECOND;
const RAMP_FROM = 0.1;

/** The known limit in calls a minute; Infinity while none is. */
function ceiling({ set, stated }: Lane): number {
  return (set.requests || stated.requests || Number.POSITIVE_INFINITY) * SHARE_OF_LIMIT;
}

/** What was found by trying, in calls a minute. */
function tried(lane: Lane): number {
  const { best, usedMs } = lane.learned;
  if (best !== null) return best * (1 + (1 - CUT) * ((usedMs - BACK_AFTER_MS) / BACK_AFTER_MS) ** 3);
  return ceiling(lane) < Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : FIRST_RATE * 2 ** (usedMs / DOUBLING_MS);
}

/** The pace now, in calls a minute. */
export function callsPerMinute(lane: Lane): number {
  return Math.max(LEAST_RATE, Math.min(ceiling(lane), tried(lane)));
}

/** The same in tokens; Infinity where no limit is known. */
export function tokensPerMinute({ set, stated }: Lane): number {
  return (set.tokens || stated.tokens || Number.POSITIVE_INFINITY) * SHARE_OF_LIMIT;
}

/** Milliseconds from one call to the next, at a time. */
export function intervalMs(lane: Lane, at: number): number {
  const since = at - lane.pausedUntil;
  const ramp = since < RAMP_MS ? RAMP_FROM + (1 - RAMP_FROM) * Math.max(0, since / RAMP_MS) : 1;
  return MINUTE / (callsPerMinute(lane) * ramp);
}

/** After a call was let through to the provider. */
export function countBegun({ learned }: Lane, now: number): void {
  learned.begun++;
  if (now - learned.countedFrom <= MINUTE) return;
  // What was accepted long ago was under another limit, or another pace.
  learned.begun /= 2;
  learned.refused /= 2;
  learned.countedFrom = (now + learned.countedFrom) / 2;
}

/** After a call that was not refused: the pace grows, but only while it is really used. */
export function growRate(lane: Lane, now: number): void {
  const { learned } = lane;
  const passed = Math.min(now - learned.tickedAt, SECOND);
  learned.tickedAt = now;
  const atCeiling = tried(lane) >= ceiling(lane);
  if (now - lane.shortAt < USED_MS && !atCeiling) learned.usedMs += passed;
}

/**
 * After a refusal: a little less than the pace at which it came. Calls count when they begin, because answers come
 * seconds after refusals do.
 * @param begunAt when the refused call began: one from before the last cut says nothing new
 * @param usedUp whether the lane has to pause for it, or this call alone has to be asked again
 */
export function cutRate(lane: Lane, now: number, begunAt: number, hintMs: number, usedUp: boolean): void {
  const { learned } = lane;
  if (begunAt <= learned.cutAt) return;
  learned.refused++;
  const tolerable = !usedUp || ceiling(lane) < Number.POSITIVE_INFINITY;
  if (tolerable && learned.refused <= TOLERATED * learned.begun) return;
  const first = learned.best === null;
  const sinceCut = now - learned.cutAt;
  const accepted = learned.begun - learned.refused;
  if (!first && (accepted <= 0 || sinceCut < Math.max(CUT_EVERY_MS, Math.min(hintMs, MINUTE)))) return;
  const average = (accepted * MINUTE) / Math.max(SECOND, now - learned.countedFrom);
  learned.average = accepted < FEW ? Number.POSITIVE_INFINITY : average;
  learned.best = callsPerMinute(lane);
  if (!first && learned.refused > MANY * learned.begun) trustAverage(lane, now);
  learned.usedMs = 0;
  learned.cutAt = now;
  learned.countedFrom = now;
  learned.begun = 0;
  learned.refused = 0;
}

/**
 * After a refusal just after a pause: the limit is counted over a minute or more, in which the pace may have been far
 * above it for long. Then it is what was accepted in all.
 */
export function trustAverage({ learned }: Lane, begunAt: number): void {
  if (learned.best === null || begunAt <= learned.cutAt) return;
  learned.best = Math.max(LEAST_RATE, Math.min(learned.best, ABOVE_AVERAGE * learned.average));
}
