import type { Config } from "../config.ts";
import { recordWithoutPersonalData, withPersonalData } from "../guards/without-personal-data.ts";
import type { FailureToCorrect } from "./failure-to-correct.ts";

/** A failure as its correction's models see it, and the way back from what they write. */
export interface Shown {
  failure: FailureToCorrect;
  /** Puts the values back that placeholders stand for. */
  restore(text: string): string;
}

const TEXTS = ["originalPrompt", "conversation", "aiReply", "agentReply", "failureExplanation"] as const;

/**
 * What models may see of a failure: all of it, or, under REDACT_MODEL_INPUT, placeholders in place of personal data.
 * The placeholders depend on the failure alone, so answers that were paid for in an earlier attempt fit.
 */
export function shownToModel({ REDACT_MODEL_INPUT }: Config, failure: FailureToCorrect): Shown {
  if (!REDACT_MODEL_INPUT) return { failure, restore: (text) => text };
  const { record, values } = recordWithoutPersonalData(failure, [...TEXTS], failure.knownNames);
  return { failure: record, restore: (text) => withPersonalData(text, values) };
}
