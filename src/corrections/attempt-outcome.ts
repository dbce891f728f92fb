import type { GuardFinding } from "../db/schema/improvements.ts";
import type { FailureEvent } from "../failures/failure-state.ts";
import type { NewImprovement } from "../improvements/store-improvement.ts";
import { excerpt } from "../lib/text.ts";
import { OPERATOR_PROBE_MS, type Report } from "../llm/gate.ts";
import { LimitError } from "../llm/limit-error.ts";
import type { ModelError } from "../llm/model.ts";

/*
 * What an attempt to correct a failure came to, decided without touching anything: what it means for the failure, and
 * what the gate learns from it.
 */
export interface Outcome {
  event: FailureEvent;
  /** Null when it says nothing about the provider. */
  report: Report | null;
  improvement?: NewImprovement;
}

const REASON_LENGTH = 500;

/** Without a reference there is nothing to rewrite or to rate by. */
export const UNUSABLE_REFERENCE: Outcome = needsHuman(
  "unusable_reference",
  "The judge finds that the agent's reply does not answer the customer, so it cannot serve as the reference.",
);

/** What the guards refuse twice is left to a person. */
export function refusedTwice(refused: GuardFinding[]): Outcome {
  const details = refused.map(({ detail }) => detail).join(" ");
  return needsHuman(
    refused[0]?.guard ?? "refused",
    excerpt(`The rewrite was refused twice: ${details}`, REASON_LENGTH),
  );
}

/**
 * A model call that failed. A limit is no failure: the correction waits for its turn, and the gate learns nothing.
 * @param again whether an earlier attempt ended with the same code. Since the gate lets an attempt begin only where the
 *   provider answers, what only an operator could mend is then about this failure alone, and so is an answer that
 *   cannot be used: both are left to a person.
 */
export function afterModelError(error: ModelError, now: number, again: boolean): Outcome {
  const { failure, code, message: reason, says, fault } = error;
  if (error instanceof LimitError) return { event: { type: "wait", code, reason, untilMs: error.until }, report: null };
  // What is left of a quota or a credit may do for the small probe, and not for a correction: that is never this one's.
  const isUsedUp = fault?.about === "quota" || fault?.about === "money";
  if (again && failure === "stop" && !isUsedUp)
    return alone(code, `The provider refuses this one, and answers others: ${reason}`, null);
  const report = { ok: false, failure, code, reason: says } as const;
  if (again && failure === "repair") return alone(code, `The model's answers here cannot be used: ${reason}`, report);
  return { event: eventOf(error, now), report };
}

function alone(code: string, reason: string, report: Report | null): Outcome {
  return { event: { type: "needs_human", code, reason: excerpt(reason, REASON_LENGTH) }, report };
}

/** A fault of ours, which says nothing about the provider. */
export function afterFault(): Outcome {
  const reason = "Something went wrong on our side; the logs say what.";
  return { event: { type: "try_again", code: "internal_fault", reason, retryAfterMs: null }, report: null };
}

function needsHuman(code: string, reason: string): Outcome {
  return { event: { type: "needs_human", code, reason }, report: { ok: true } };
}

function eventOf({ failure, code, message: reason, retryAfterMs }: ModelError, now: number): FailureEvent {
  switch (failure) {
    case "retry":
    case "repair":
      return { type: "try_again", code, reason, retryAfterMs };
    case "refused":
      return { type: "needs_human", code, reason };
    case "stop":
      // Not this reply's fault: it waits with all others until the gate opens.
      return { type: "wait", code, reason, untilMs: now + OPERATOR_PROBE_MS };
  }
}
