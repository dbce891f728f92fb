import { MINUTE, SECOND } from "../../lib/time.ts";
import type { Lane } from "./lane.ts";

/*
 * How many calls at once. Ollama answers one after another, vLLM a batch at a time, and both take any number and get
 * slow; DeepSeek refuses past a number. Where no limit is known, the window doubles as long as that brings answers
 * faster, and halves as long as it does not bring them slower; a refusal for too many at once cuts it.
 */

/** Twice the calls at once must bring at least this many times the answers, or they only queue at the provider. */
const WORTH_DOUBLING = 1.25;

/** Half the calls at once must bring at least this share of the answers. */
const WORTH_HALVING = 0.8;

/** A window is judged by an answer for each place in it, and by no fewer than this. */
const FEWEST_ANSWERS = 24;

/** What a refusal leaves of the window: concurrency is counted exactly, so a small step suffices. */
const CUT = 0.95;
const CUT_EVERY_MS = 10 * SECOND;

/** A settled window grows by one place, or by 2%, in this time while it is full. */
const GROW_EVERY_MS = 10 * SECOND;
const GROWTH = 0.02;

const FULL_MS = 2 * SECOND;
const MOST_CALLS = 1_500;

/** Calls that may be in flight. A provider that states its requests a minute counts those, not calls at once. */
export function windowOf({ set, stated, window }: Lane): number {
  const unbound = (set.requests > 0 || stated.requests !== null) && window.cutAt === 0;
  return unbound ? MOST_CALLS : window.calls;
}

/** After an answer. */
export function growWindow(lane: Lane, now: number): void {
  const { window } = lane;
  window.answers++;
  // Not full: other things than the window set the pace, and nothing is learned about it.
  const full = now - window.fullAt <= FULL_MS;
  if (!full || judgeRound(window, now - window.since)) startRound(lane, now);
}

/** Moves the window on where it has been tried for long enough. */
function judgeRound(window: Lane["window"], passedMs: number): boolean {
  if (window.direction === "hold") {
    if (passedMs < GROW_EVERY_MS) return false;
    window.calls = Math.min(MOST_CALLS, window.calls + Math.max(1, Math.floor(window.calls * GROWTH)));
    return true;
  }
  if (window.answers < Math.max(FEWEST_ANSWERS, window.calls) || passedMs <= 0) return false;
  const pace = window.answers / passedMs;
  const { before, calls } = window;
  if (window.direction === "up" && pace >= WORTH_DOUBLING * before) {
    window.calls = Math.min(MOST_CALLS, 2 * calls);
  } else if (pace >= WORTH_HALVING * before && calls > 1) {
    window.direction = "down";
    window.calls = Math.ceil(calls / 2);
  } else {
    window.direction = "hold";
    if (pace < WORTH_HALVING * before) window.calls = 2 * calls;
  }
  window.before = Math.max(pace, window.direction === "up" ? 0 : before);
  return true;
}

function startRound({ window }: Lane, now: number): void {
  window.answers = 0;
  window.since = now;
}

/** Whether a refusal is for too many at once: the window was full, and the pace was not what held calls back. */
export function isForWindow(lane: Lane, now: number): boolean {
  const { window, shortAt } = lane;
  return windowOf(lane) === window.calls && now - window.fullAt < FULL_MS && now - shortAt > FULL_MS;
}

export function cutWindow(lane: Lane, now: number): void {
  const { window, inFlight } = lane;
  if (now - window.cutAt < CUT_EVERY_MS) return;
  window.calls = Math.max(1, Math.floor(CUT * Math.min(window.calls, inFlight.size + 1)));
  window.direction = "hold";
  window.cutAt = now;
  startRound(lane, now + MINUTE / 4);
}
