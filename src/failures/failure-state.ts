import type { FailureStatus } from "../db/schema/failures.ts";
import { LEASE_MS } from "../lib/keep-lease.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../lib/time.ts";

/*
 * The life of a failure, in one place: (state, event) → state. Pure. Whoever applies it writes the next state only
 * where the row still is in the state it was computed from (`apply-event.ts`), so a stale event changes nothing.
 *
 *   pending ──claimed──▶ correcting ──improved──────▶ improved
 *      ▲                   │  │  └────needs_human───▶ needs_human
 *      ├──try_again, wait,─┘  └───────gave_up───────▶ failed
 *      │  lease_ran_out                                │
 *      └──requested (redo)─────────────────────────────┘
 */

/** The columns of a failure that its state is made of. */
export interface FailureState {
  status: FailureStatus;
  /**
   * When the sweep looks at it again, in milliseconds; no correction begins before, unless it was sent. Null: nobody asked
   * for a correction, or it is over.
   */
  dueAt: number | null;
  /** A message for it is on its way; `dueAt` is then when it is taken for lost. */
  sent: boolean;
  /** Corrections begun, ever: the fencing token. Only the attempt with this number may store a result. */
  attempts: number;
  /** Corrections begun since it was last asked for. */
  tries: number;
  /** Why the last try brought no improvement: a code and plain words. */
  reasonCode: string | null;
  reason: string | null;
  runId: string | null;
}

export type FailureEvent =
  /** A correction is wanted: by a recording with AUTO_CORRECT, by a run, or (`redo`) once more after it failed. */
  | { type: "requested"; runId: string | null; redo?: boolean }
  | { type: "sent" }
  | { type: "claimed" }
  | { type: "improved" }
  | { type: "needs_human"; code: string; reason: string }
  /** It failed in a way that may pass. */
  | { type: "try_again"; code: string; reason: string; retryAfterMs: number | null }
  /** It cannot run now, through no fault of its own; this costs no try. */
  | { type: "wait"; code: string; reason: string; untilMs: number }
  | { type: "gave_up"; code: string; reason: string }
  /** The consumer died: it neither ended the correction nor said why. */
  | { type: "lease_ran_out" };

/** With the waits below, the last try comes about ten minutes after the first. */
export const MAX_TRIES = 6;

/**
 * A message that brought no claim within this time is taken for lost, though consumers have other work: a slow provider
 * can keep it in the queue for long. Where they have none, the sweep sees the loss sooner.
 */
export const RESEND_AFTER_MS = HOUR;

/** The waits after the first, second… try: doubling from 20 s. The sweep runs every minute, so less means little. */
const FIRST_WAIT_MS = 20 * SECOND;
const LONGEST_WAIT_MS = 15 * MINUTE;

/** The state of a failure as it is recorded. */
export const RECORDED: FailureState = {
  status: "pending",
  dueAt: null,
  sent: false,
  attempts: 0,
  tries: 0,
  reasonCode: null,
  reason: null,
  runId: null,
};

/**
 * The state after an event, or null when the event means nothing in this state: a message delivered twice, a lease
 * that was taken over, a correction of what is already corrected.
 * @param now milliseconds
 * @param random from 0 to 1; spreads retries, so that what failed together does not come back together
 */
export function nextState(state: FailureState, event: FailureEvent, now: number, random: number): FailureState | null {
  switch (event.type) {
    case "requested":
      if (state.status !== requestableStatus(event.redo === true) || state.dueAt !== null) return null;
      // Due at once: the sender moves that on when the message is out, and the sweep finds it when it never was.
      return { ...RECORDED, attempts: state.attempts, dueAt: now, runId: event.runId };
    case "sent":
      return mayBegin(state, now) ? { ...state, sent: true, dueAt: now + RESEND_AFTER_MS } : null;
    case "claimed":
      if (!mayBegin(state, now)) return null;
      return {
        ...state,
        status: "correcting",
        sent: false,
        dueAt: now + LEASE_MS,
        attempts: state.attempts + 1,
        tries: state.tries + 1,
      };
    case "wait":
      if (state.status !== "correcting") return null;
      return { ...state, status: "pending", dueAt: event.untilMs, tries: state.tries - 1, ...why(event) };
    default:
      return state.status === "correcting" ? end(state, event, now, random) : null;
  }
}

/** A run takes the failures in this state that are not due: nobody asked for them yet, or (`redo`) they failed. */
export function requestableStatus(redo: boolean): FailureStatus {
  return redo ? "failed" : "pending";
}

/** True for a failure that waits for a consumer. One that waits for a time does not: a message may come twice. */
function mayBegin({ status, sent, dueAt }: FailureState, now: number): boolean {
  return status === "pending" && dueAt !== null && (sent || dueAt <= now);
}

type Ending = Exclude<FailureEvent, { type: "requested" | "sent" | "claimed" | "wait" }>;

function end(state: FailureState, event: Ending, now: number, random: number): FailureState | null {
  switch (event.type) {
    case "improved":
      return { ...state, status: "improved", dueAt: null, reasonCode: null, reason: null };
    case "needs_human":
      return { ...state, status: "needs_human", dueAt: null, ...why(event) };
    case "gave_up":
      return { ...state, status: "failed", dueAt: null, ...why(event) };
    case "try_again":
      return again(state, event, now + waitMs(state.tries, event.retryAfterMs, random));
    case "lease_ran_out":
      if (state.dueAt !== null && state.dueAt > now) return null;
      return again(state, { code: "never_ended", reason: "The worker that had begun it did not come to an end." }, now);
  }
}

function again(state: FailureState, reason: { code: string; reason: string }, dueAt: number): FailureState {
  const triesLeft = state.tries < MAX_TRIES;
  return { ...state, status: triesLeft ? "pending" : "failed", dueAt: triesLeft ? dueAt : null, ...why(reason) };
}

function why({ code, reason }: { code: string; reason: string }) {
  return { reasonCode: code, reason };
}

/** How long to wait after a try: what the provider asked for, or doubling; up to half as much again by chance. */
export function waitMs(tries: number, retryAfterMs: number | null, random: number): number {
  const doubling = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
  return Math.round(Math.min(Math.max(doubling, retryAfterMs ?? 0), DAY) * (1 + random / 2));
}
