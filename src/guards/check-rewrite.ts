import { excerpt } from "../lib/text.ts";
import { COPY_LIMITS, type CopyMeasure, judgeCopying, measureCopying } from "./copying.ts";
import { findEcho } from "./echo.ts";
import { findMadeUpFacts, type MadeUpFact } from "./facts.ts";
import { checkReplyText, type ReplyProblem } from "./reply-text.ts";
import { findStrayPlaceholders } from "./stray-placeholders.ts";

/** A rewrite and everything it was made from. */
interface RewriteToCheck {
  customerMessage?: string;
  /** Earlier turns, oldest first. */
  conversation?: readonly { role: string; content: string }[];
  aiReply: string;
  agentReply: string;
  failureExplanation?: string;
  rewrite: string;
}

const QUOTED_LENGTH = 200;

type Guard = "copying" | "made_up_fact" | "not_a_reply" | "language" | "leak" | "echo" | "placeholder";

export interface Finding {
  guard: Guard;
  /** "refuse" bars the rewrite; "warn" is shown to the reviewer. */
  severity: "refuse" | "warn";
  /** What is wrong and what to do about it, in words for the model that rewrites once more. */
  detail: string;
  /** What was measured: numbers and the words that show it. */
  evidence: Record<string, number | string | string[]>;
}

interface RewriteVerdict {
  verdict: "pass" | "refuse";
  findings: Finding[];
}

/**
 * Checks a model's rewrite with every guard: that it is a reply, in the right language, not copied from the agent's
 * reply, without facts that none of its sources holds, without placeholders that nobody can fill, and without what only
 * the customer said. "refuse" when any finding has that severity. Pure, never throws, and about linear in the lengths.
 */
export function checkRewrite(input: RewriteToCheck): RewriteVerdict {
  const { rewrite, agentReply, customerMessage, aiReply, failureExplanation, conversation = [] } = input;
  const sources = [
    customerMessage,
    ...conversation.map((turn) => turn.content),
    aiReply,
    agentReply,
    failureExplanation,
  ].filter((source) => source !== undefined);
  const problems = checkReplyText(rewrite, { agentReply, customerMessage });
  const findings = [
    // First: a placeholder passes for a blank too, and this says what to do about it.
    ...placeholderFindings(findStrayPlaceholders(rewrite, sources)),
    ...problems.map(
      ({ problem, evidence }): Finding => ({ ...REPLY_FINDINGS[problem], evidence: { problem, text: evidence } }),
    ),
  ];
  // Of a text that is no reply, copying and facts would only bury the reason.
  if (!findings.some((finding) => finding.guard === "not_a_reply")) {
    findings.push(...copyFindings(measureCopying(rewrite, agentReply)));
    findings.push(...factFindings(findMadeUpFacts(rewrite, sources)));
    findings.push(...echoFindings(input));
  }
  return { verdict: findings.some((finding) => finding.severity === "refuse") ? "refuse" : "pass", findings };
}

/**
 * What of a rewrite only the customer has said: a stretch of words, or a link. An agent answers in other words; what a
 * customer planted would come back so, and go on into training files and other customers' prompts.
 */
function echoFindings(input: RewriteToCheck): Finding[] {
  const { rewrite, agentReply, failureExplanation = "", customerMessage = "", conversation = [] } = input;
  const turns = conversation.filter(({ role }) => role === "user").map(({ content }) => content);
  const said = [customerMessage, ...turns];
  const ours = [agentReply, failureExplanation];
  const stretch = findEcho(rewrite, said, ours);
  const links = linksIn(rewrite).filter((link) => isIn(said, link) && !isIn(ours, link));
  const echoes = [...(stretch === null ? [] : [excerpt(stretch, QUOTED_LENGTH)]), ...links];
  if (echoes.length === 0) return [];
  const detail = `The rewrite repeats what only the customer said ("${echoes.join('", "')}"). Answer from the agent's reply, in your own words.`;
  return [{ ...refused("echo", detail), evidence: { echoes } }];
}

const LINK = /(?:https?:\/\/|www\.)[^\s"'<>()[\]]{1,500}|(?<![\w.@-])(?:[a-z\d-]{1,63}\.){1,4}[a-z]{2,24}(?![\w-])/gi;

/** Links as they are compared: by host, the rest may be written in many ways. */
function linksIn(text: string): string[] {
  const hosts = [...text.matchAll(LINK)].map(([link]) => link.toLowerCase().replace(/^https?:\/\/|^www\./g, ""));
  return [...new Set(hosts.map((host) => host.replace(/^www\.|[/?#:].*$/g, "")))];
}

function isIn(texts: readonly string[], link: string): boolean {
  return texts.some((text) => text.toLowerCase().includes(link));
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

function placeholderFindings(stray: readonly string[]): Finding[] {
  if (stray.length === 0) return [];
  const list = stray.map((text) => `"${text}"`);
  const detail = `The rewrite holds placeholders that appear in none of the texts it was given: ${list.join(", ")}. Copy each placeholder exactly, brackets and number included, or leave it out.`;
  return [{ ...refused("placeholder", detail), evidence: { count: stray.length, placeholders: [...stray] } }];
}

function factFindings(facts: readonly MadeUpFact[]): Finding[] {
  if (facts.length === 0) return [];
  const list = facts.map(({ kind, text }) => `${kind} "${text}"`);
  const detail = `The rewrite states what is neither in the customer's message, the conversation nor the replies: ${list.join(", ")}. Leave it out, or use what the sources say.`;
  return [{ ...refused("made_up_fact", detail), evidence: { count: facts.length, facts: list } }];
}

type Told = Pick<Finding, "guard" | "severity" | "detail">;

const NO_REPLY = "Write the reply itself, as it would be sent to the customer.";
const refused = (guard: Guard, detail: string): Told => ({ guard, severity: "refuse", detail });
const notAReply = (what: string) => refused("not_a_reply", `${what} ${NO_REPLY}`);

const REPLY_FINDINGS: Readonly<Record<ReplyProblem, Told>> = {
  empty: notAReply("The rewrite is empty."),
  empty_value: notAReply("The rewrite is an empty value, not a text."),
  error_text: notAReply("The rewrite is an error message."),
  stack_trace: notAReply("The rewrite holds a stack trace."),
  provider_error: notAReply("The rewrite is an error of the model's provider."),
  html_page: notAReply("The rewrite is an HTML page."),
  json: notAReply("The rewrite is JSON."),
  refusal: notAReply("The rewrite refuses, or speaks of being an AI."),
  unfilled_blank: refused(
    "not_a_reply",
    "The rewrite has a blank that nobody filled in. Leave out what is not known, so that it can be sent as it is.",
  ),
  prompt_leak: refused(
    "leak",
    `The rewrite speaks of its own instructions, or of the material it was given. ${NO_REPLY}`,
  ),
  wrong_language: refused(
    "language",
    "The rewrite is in another language than the agent's reply. Write it in the language of that reply.",
  ),
  language_of_customer: {
    ...refused("language", "The rewrite is in the customer's language, while the agent answered in another."),
    severity: "warn",
  },
};
