import { extractFacts, findMadeUpFacts } from "../../src/guards/facts.ts";
import { sentencesOf, sharedBy, shareOf, stemsOf } from "./text.ts";

export interface RatedTexts {
  customerMessage: string;
  conversation?: string | undefined;
  agentReply: string;
  reply: string;
}

/** A fact of the agent's reply weighs as much as this many of its words. */
const FACT_WEIGHT = 3;
/** What only the customer said and the reply repeats, counted as borne out by this share. */
const ECHO = 0.45;
/** A rewrite loses a word or two and greets: from these shares on nothing is missing, nothing unsupported. */
const FULL = { coverage: 0.95, support: 0.92 };
/** Points lost for each fact that none of the texts knows, and at most. */
const PER_UNKNOWN_FACT = 9;
const MOST_FOR_FACTS = 40;

/**
 * Rates a reply from the texts alone: what of the agent's content it carries (completeness), how much of what it says
 * the texts bear out (accuracy), how it reads (tone). Words are counted once, so that length earns nothing.
 */
export function rateReply({ customerMessage, conversation = "", agentReply, reply }: RatedTexts) {
  const [wanted, said] = [stemsOf(agentReply), stemsOf(reply)];
  const asked = stemsOf(`${customerMessage}\n${conversation}`);
  const known = new Set([...wanted, ...asked]);
  const supported = (1 - ECHO) * shareOf(said, wanted) + ECHO * shareOf(said, known);
  const support = Math.min(1, supported / FULL.support);
  const coverage = Math.min(1, coverageOf(wanted, said, agentReply, reply) / FULL.coverage);
  const unknown = findMadeUpFacts(reply, [agentReply, customerMessage, conversation]);
  const isEmpty = said.size === 0;
  const points = (value: number) => (isEmpty ? 0 : Math.round(Math.min(100, Math.max(0, value))));
  const percent = (share: number) => `${Math.round(share * 100)}%`;
  const facts = unknown.slice(0, 3).map(({ text }) => text);
  return {
    reasons: `Counted, not judged (the stand-in is no language model): the reply carries ${percent(coverage)} of the agent's content, and ${percent(support)} of what it says is borne out. Facts unknown to the other texts: ${facts.join(", ") || "none"}.`,
    accuracy: points(8 + 84 * support - Math.min(MOST_FOR_FACTS, unknown.length * PER_UNKNOWN_FACT)),
    completeness: points(4 + 88 * coverage),
    tone: points(toneOf(reply)),
  };
}

function coverageOf(wanted: Set<string>, said: Set<string>, agentReply: string, reply: string): number {
  const keys = (text: string) => new Set(extractFacts(text).flatMap(({ gives }) => gives));
  const facts = keys(agentReply);
  const carried = FACT_WEIGHT * sharedBy(facts, keys(reply)).length + sharedBy(wanted, said).length;
  return carried / Math.max(1, FACT_WEIGHT * facts.size + wanted.size);
}

const BLUNT =
  /\b(?:obviously|calm down|not our (?:problem|fault)|your (?:own )?fault|you should have|whatever|nothing (?:i|we) can do|can(?:'t|not) help you)\b/gi;

/** Plain sentences of about 13 words read best. */
function toneOf(reply: string): number {
  const perSentence = reply.split(/\s+/).length / Math.max(1, sentencesOf(reply).length);
  return 84 - Math.min(24, Math.abs(perSentence - 13)) - 16 * (reply.match(BLUNT)?.length ?? 0);
}

/** Nearer than this, in points, neither is better. */
const TIE = 3;

/** Which of two replies is better, by the same scores as their ratings. */
export function compareReplies(a: RatedTexts, b: RatedTexts): { reasons: string; better: "A" | "B" | "tie" } {
  const weigh = (texts: RatedTexts) => {
    const { accuracy, completeness, tone } = rateReply(texts);
    return accuracy * 0.5 + completeness * 0.35 + tone * 0.15;
  };
  const [first, second] = [weigh(a), weigh(b)];
  const reasons = `Counted, not judged (the stand-in is no language model): A ${Math.round(first)}, B ${Math.round(second)}.`;
  return { reasons, better: Math.abs(first - second) < TIE ? "tie" : first > second ? "A" : "B" };
}
