import type { gate } from "../db/schema/llm.ts";
import { MINUTE, nextDay, SECOND } from "../lib/time.ts";
import type { ModelErrorCode, ModelFailure } from "./model.ts";

/*
 * May a correction begin now? Pure decisions over one row that all consumers share: a circuit breaker for a provider
 * that is down, a pause for what only an operator can mend, and the daily token budget.
 */

/** The shared row. Open: `until` is null. Closed: until then nothing begins; after it, one probe at a time. */
export type GateState = Omit<typeof gate.$inferSelect, "id">;

/** This many failures in a row, across all corrections, mean the provider is down rather than one reply unlucky. */
const FAILURES_TO_CLOSE = 5;

/** A provider that is down is probed after 30 s, then after twice as long each time. */
const FIRST_PROBE_MS = 30 * SECOND;
const LONGEST_PROBE_MS = 15 * MINUTE;

/** What an operator has to mend (key, quota, model name) is probed at this pace, so that corrections resume on their own. */
export const OPERATOR_PROBE_MS = 5 * MINUTE;

export const OPEN: GateState = { code: null, reason: null, until: null, failures: 0, setup: null };

/** How a model call ended, as the gate sees it. The reason is shown with every failure that waits: none may quote one. */
export type Report = { ok: true } | { ok: false; failure: ModelFailure; code: ModelErrorCode; reason: string };

/**
 * The gate after a report. A success opens it. Answers that were merely no good say that the provider is there.
 * @param setup names the key, address and models in use: a pause that belongs to others is over
 * @param probed whether the report is of the probe itself
 */
export function gateAfter(state: GateState, report: Report, now: number, setup: string, probed = false): GateState {
  if (report.ok || report.failure === "repair" || report.failure === "refused") return OPEN;
  const failures = state.failures + 1;
  const { code, reason } = report;
  if (report.failure === "stop") return { code, reason, until: now + OPERATOR_PROBE_MS, failures, setup };
  // A rate limit paces each correction by its own Retry-After; the provider is up.
  const isLimit = code === "rate_limited" || code === "too_many_at_once";
  if (isLimit || failures < FAILURES_TO_CLOSE) return { ...state, failures: isLimit ? state.failures : failures };
  // Late answers to calls begun before it closed must not push the probe away.
  if (!probed && state.until !== null && state.until > now) return state;
  const probe = Math.min(FIRST_PROBE_MS * 2 ** (failures - FAILURES_TO_CLOSE), LONGEST_PROBE_MS);
  return { code, reason: `The model's server seems to be down: ${reason}`, until: now + probe, failures, setup };
}

export interface Wait {
  code: string;
  reason: string;
  untilMs: number;
}

/** Whether a correction may begin: yes, only after the provider was asked again, or not before a time and why. */
export type Admission = { admitted: true; probe: boolean } | ({ admitted: false } & Wait);

/**
 * @param spent tokens since midnight UTC
 * @param budget tokens a day; 0 for no limit
 */
export function admit(state: GateState, spent: number, budget: number, now: number, setup: string): Admission {
  if (budget > 0 && spent >= budget) {
    const untilMs = nextDay(now);
    return { admitted: false, code: "daily_budget", reason: budgetUsedUp(budget), untilMs };
  }
  if (state.until === null) return { admitted: true, probe: false };
  if (state.until <= now || state.setup !== setup) return { admitted: true, probe: true };
  return { admitted: false, code: state.code ?? "paused", reason: state.reason ?? "Paused.", untilMs: state.until };
}

export function budgetUsedUp(budget: number): string {
  return `The daily budget of ${budget} tokens is used up (DAILY_TOKEN_BUDGET); work resumes at midnight UTC.`;
}

/** While one probe is out, nobody else tries. */
export function whileProbing(state: GateState, now: number, setup: string): GateState {
  return { ...state, until: now + OPERATOR_PROBE_MS, setup };
}
