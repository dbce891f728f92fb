import { excerpt } from "../lib/text.ts";
import { COPY_LIMITS, type CopyMeasure, judgeCopying, measureCopying } from "./copying.ts";
import { findMadeUpFacts, type MadeUpFact } from "./facts.ts";
import { checkReplyText, type ReplyProblem, type ReplyVerdict } from "./reply-text.ts";

/** A rewrite and everything it was made from. */
export interface RewriteToCheck {
  customerMessage?: string;
  /** Earlier turns, oldest first. */
  conversation?: readonly { role: string; content: string }[];
  aiReply: string;
  agentReply: string;
  failureExplanation?: string;
  rewrite: string;
}

/** Characters of a copied run that a finding quotes. */
const QUOTED_LENGTH = 200;

export type Guard = "copying" | "made_up_fact" | "not_a_reply" | "language" | "leak";

export interface Finding {
  guard: Guard;
  /** "refuse" bars the rewrite; "warn" is shown to the reviewer. */
  severity: "refuse" | "warn";
  /** What is wrong and what to do about it, in words for the model that rewrites once more. */
  detail: string;
  /** What was measured: numbers and the words that show it. */
  evidence: Record<string, number | string | string[]>;
}

export interface RewriteVerdict {
  verdict: "pass" | "refuse";
  findings: Finding[];
}

/**
 * Checks a model's rewrite with every guard: that it is a reply, in the right language, not copied from the agent's
 * reply, and without facts that none of its sources holds. "refuse" when any finding has that severity. Pure, never
 * throws, and about linear in the lengths.
 */
export function checkRewrite(input: RewriteToCheck): RewriteVerdict {
  const { rewrite, agentReply, customerMessage, aiReply, failureExplanation, conversation = [] } = input;
  const problems = checkReplyText(rewrite, { agentReply, customerMessage });
  const findings = problems.map(replyFinding);
  // Of a text that is no reply, copying and facts would only bury the reason.
  if (!findings.some((finding) => finding.guard === "not_a_reply")) {
    const sources = [
      customerMessage,
      ...conversation.map((turn) => turn.content),
      aiReply,
      agentReply,
      failureExplanation,
    ].filter((source) => source !== undefined);
    findings.push(...copyFindings(measureCopying(rewrite, agentReply)));
    findings.push(...factFindings(findMadeUpFacts(rewrite, sources)));
  }
  return { verdict: findings.some((finding) => finding.severity === "refuse") ? "refuse" : "pass", findings };
}

function copyFindings(measure: CopyMeasure): Finding[] {
  const verdict = judgeCopying(measure);
  if (verdict === "pass") return [];
  const { longestRun, runText, nearExact } = measure;
  const percent = Math.round(measure.share * 100);
  const detail = nearExact
    ? "The rewrite is nearly word for word the agent's reply. Say the same in your own words and sentence order; keep names, numbers and links as they are."
    : `The rewrite takes ${longestRun} words in a row from the agent's reply ("${excerpt(runText, QUOTED_LENGTH)}"), and ${percent}% of its wording is from there. Say it in your own words, with no run of ${COPY_LIMITS.warnRun} words or more from that reply; names, numbers and links may stay.`;
  const evidence = {
    longest_run: longestRun,
    share: Math.round(measure.share * 1000) / 1000,
    run: excerpt(runText, QUOTED_LENGTH),
  };
  return [{ guard: "copying", severity: verdict, detail, evidence }];
}

function factFindings(facts: readonly MadeUpFact[]): Finding[] {
  if (facts.length === 0) return [];
  const list = facts.map(({ kind, text }) => `${kind} "${text}"`);
  return [
    {
      guard: "made_up_fact",
      severity: "refuse",
      detail: `The rewrite states what is neither in the customer's message, the conversation nor the replies: ${list.join(", ")}. Leave it out, or use what the sources say.`,
      evidence: { count: facts.length, facts: list },
    },
  ];
}

const NO_REPLY = "Write the reply itself, as it would be sent to the customer.";
const REPLY_FINDINGS: Readonly<Record<ReplyProblem, Pick<Finding, "guard" | "severity" | "detail">>> = {
  empty: notAReply("The rewrite is empty."),
  empty_value: notAReply("The rewrite is an empty value, not a text."),
  error_text: notAReply("The rewrite is an error message."),
  stack_trace: notAReply("The rewrite holds a stack trace."),
  provider_error: notAReply("The rewrite is an error of the model's provider."),
  html_page: notAReply("The rewrite is an HTML page."),
  json: notAReply("The rewrite is JSON."),
  refusal: notAReply("The rewrite refuses, or speaks of being an AI."),
  unfilled_blank: {
    guard: "not_a_reply",
    severity: "refuse",
    detail:
      "The rewrite has a blank that nobody filled in. Leave out what is not known, so that it can be sent as it is.",
  },
  prompt_leak: {
    guard: "leak",
    severity: "refuse",
    detail: `The rewrite speaks of its own instructions, or of the material it was given. ${NO_REPLY}`,
  },
  wrong_language: {
    guard: "language",
    severity: "refuse",
    detail: "The rewrite is in another language than the agent's reply. Write it in the language of that reply.",
  },
  language_of_customer: {
    guard: "language",
    severity: "warn",
    detail: "The rewrite is in the customer's language, while the agent answered in another.",
  },
};

function notAReply(what: string): Pick<Finding, "guard" | "severity" | "detail"> {
  return { guard: "not_a_reply", severity: "refuse", detail: `${what} ${NO_REPLY}` };
}

function replyFinding({ problem, evidence }: ReplyVerdict): Finding {
  return { ...REPLY_FINDINGS[problem], evidence: { problem, text: evidence } };
}
