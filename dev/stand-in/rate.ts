import { LEXICON } from "./lexicon.ts";
import { countWords, FACT, hideFacts, languageOf, splitBlocks, splitSentences } from "./text.ts";

export interface RatedTexts {
  customerMessage: string;
  conversation?: string | undefined;
  agentReply: string;
  reply: string;
}

export interface Scores {
  reasons: string;
  accuracy: number;
  completeness: number;
  tone: number;
}

/** A paraphrase always loses a word or two that the word list does not know: from these shares on nothing is missing. */
const FULL_COVERAGE = 0.96;
const FULL_SUPPORT = 0.97;
/** How much of completeness is that the reply speaks of what the customer wrote of. */
const ADDRESSED = 0.2;
/** Points lost for each fact that none of the texts knows, and at most. */
const PER_UNKNOWN_FACT = 9;
const MOST_FOR_FACTS = 40;
/** What only the customer said and the reply repeats, counted as supported by this share. */
const ECHO = 0.45;

/**
 * Rates a reply from the texts alone: what of the agent's content it carries (completeness), how much of what it says
 * the texts bear out (accuracy), how it reads (tone). Synonyms count as the same word, so that wording earns nothing.
 */
export function rateReply({ customerMessage, conversation = "", agentReply, reply }: RatedTexts): Scores {
  const wanted = contentOf(agentReply);
  const said = contentOf(reply);
  const asked = contentOf(`${customerMessage}\n${conversation}`);
  const coverage = weightedShare(wanted, said, asked);
  const knownFacts = new Set([...factsOf(agentReply), ...factsOf(customerMessage), ...factsOf(conversation)]);
  const facts = factsOf(reply);
  const unknown = [...facts].filter((fact) => !knownFacts.has(fact));
  const support = supportOf(said, wanted, asked);

  const empty = countWords(reply) < 2;
  // What a short reply leaves unsaid can still be right: only what it does say is held against it.
  const accuracy = empty
    ? 0
    : 10 +
      86 * Math.min(1, support / FULL_SUPPORT) ** 1.2 -
      Math.min(MOST_FOR_FACTS, unknown.length * PER_UNKNOWN_FACT);
  const answer = (1 - ADDRESSED) * Math.min(1, coverage / FULL_COVERAGE) ** 1.1 + ADDRESSED * addressed(asked, said);
  const completeness = empty ? 0 : 4 + 92 * answer;
  const tone = empty ? 0 : toneOf(reply, agentReply);
  return {
    reasons: reasonsFor({ coverage, support, unknown }),
    accuracy: points(accuracy),
    completeness: points(completeness),
    tone: points(tone),
  };
}

function points(value: number): number {
  return Math.round(Math.min(100, Math.max(0, value)));
}

function reasonsFor({ coverage, support, unknown }: { coverage: number; support: number; unknown: string[] }): string {
  const percent = (share: number) => `${Math.round(share * 100)}%`;
  const facts =
    unknown.length === 0
      ? "It names no fact that the other texts do not know."
      : `Unknown to the other texts: ${unknown.slice(0, 3).join(", ")}.`;
  return `Counted, not judged (the stand-in is no language model): the reply carries ${percent(coverage)} of the agent's content, and ${percent(support)} of what it says is borne out. ${facts}`;
}

/** Share of the agent's content that the reply carries. What goes beyond the question weighs more: that is the answer. */
function weightedShare(wanted: Set<string>, said: Set<string>, asked: Set<string>): number {
  let total = 0;
  let carried = 0;
  for (const word of wanted) {
    const weight = (word.startsWith("#") ? 2.5 : 1) * (asked.has(word) ? 0.5 : 1);
    total += weight;
    if (said.has(word)) carried += weight;
  }
  return total === 0 ? 0 : carried / total;
}

/** Share of what the customer wrote of that the reply takes up; half of it is plenty. */
function addressed(asked: Set<string>, said: Set<string>): number {
  if (asked.size === 0) return 1;
  return Math.min(1, [...asked].filter((word) => said.has(word)).length / (asked.size / 2));
}

function supportOf(said: Set<string>, wanted: Set<string>, asked: Set<string>): number {
  if (said.size === 0) return 0;
  let sum = 0;
  for (const word of said) sum += wanted.has(word) ? 1 : asked.has(word) ? ECHO : 0;
  return sum / said.size;
}

const POLITE =
  /\b(?:please|thank(?:s| you)|sorry|apolog\w+|happy to help|glad|welcome|kindly|bitte|danke|gern|leider|bedauere?|merci|désolée?s?|excuses|veuillez|por favor|gracias|lament\w+|siento)\b/giu;
const BLUNT =
  /\b(?:obviously|as (?:i|we) (?:already )?said|calm down|not our (?:problem|fault)|your (?:own )?fault|you should have|read the|whatever|nothing (?:i|we) can do|you failed|can't help you|cannot help you)\b/gi;
const MACHINE = /\b(?:as an ai|language model|i am (?:just )?a bot|i'm (?:just )?a bot|\[[a-z_ ]+\]|lorem)\b/gi;

const STILTED =
  /\b(?:indeed|whilst|upon|respective|also (?:in|for|with|by|from|at|on)|to then|or else|and also|as well as)\b/gi;

function toneOf(reply: string, agentReply: string): number {
  const sentences = splitBlocks(hideFacts(reply).hidden).flatMap(({ text }) => splitSentences(text));
  const words = countWords(reply);
  const perSentence = words / Math.max(1, sentences.length);
  const letters = reply.match(/\p{L}/gu)?.length ?? 0;
  let tone = 76;
  tone += Math.min(14, 7 * (reply.match(POLITE)?.length ?? 0));
  tone -= 16 * (reply.match(BLUNT)?.length ?? 0);
  tone -= 12 * (reply.match(MACHINE)?.length ?? 0);
  tone -= 6 * (reply.match(/!{2,}|\b[A-Z]{5,}\b(?=.*\b[A-Z]{5,}\b)/g)?.length ?? 0);
  // Plain sentences of about 13 words, of words of about 4.6 letters, read best.
  tone -= Math.min(24, 1.1 * Math.abs(perSentence - 13));
  tone -= Math.min(16, 9 * Math.max(0, letters / Math.max(1, words) - 4.6));
  tone -= Math.min(16, 160 * ((reply.match(STILTED)?.length ?? 0) / Math.max(1, words)));
  if (words < 6) tone -= 12;
  if (words > 220 && words > 2 * countWords(agentReply)) tone -= 14;
  if (/\b(?:you|your|sie|ihr\w*|vous|votre|su|usted|tu|te)\b/i.test(reply)) tone += 6;
  return tone;
}

/** Words that any reply may hold: they say nothing of what it answers. */
const COMMON = new Set(
  `the and to of a an in is you for that it on are with your be this have or as if can not we at by will from our please i my was has do they their
  so but then also just more any all about here there what when which who how than been were would should could may might must need get use make
  know let us thank thanks happy help hello hi dear sorry apologies apologise touch reaching reach message question answer regard reply write back
  kindly case since because due via these those them its some other each every own very really only still yet now one out up no into over after
  before once while indeed fact trouble caused things stand clear applies good unclear something anything open further addition besides beyond rest
  able possible best position option order
  der die das und zu den ist sie ihr ihre ihnen wir nicht ein eine einen einer mit auf für von im sich dem des auch als bitte haben hat werden wird können kann
  oder ich es bei uns um an nach dass wenn falls danke nachricht gern weiter helfe einfach hier noch etwas offen leider
  le la les de des et à un une est vous pour que dans nous votre vos pas sur qui avec ce par plus ne au du en il sont avez si ou je notre cette merci
  el los las y que por con para su es se lo del al como más puede usted gracias escribirnos acerca le`
    .split(/\s+/)
    .filter(Boolean),
);

/** What a text is about: stems of its content words, synonyms made one, and its facts (with `#`). */
function contentOf(text: string): Set<string> {
  const { hidden } = hideFacts(text.toLowerCase().replace(/’/g, "'"));
  const unified = unifier(text)(hidden);
  const words = unified.match(/\p{L}{2,}(?:'\p{L}+)?/gu) ?? [];
  const content = new Set(words.filter((word) => !COMMON.has(word)).map(stem));
  for (const fact of factsOf(text)) content.add(`#${fact}`);
  return content;
}

/** Facts in one spelling: digits of numbers, addresses without their decoration. */
function factsOf(text: string): Set<string> {
  const found = text.match(FACT) ?? [];
  return new Set(
    found
      // Quoted text is words, not a fact; a small whole number is a count or a step.
      .filter((fact) => !/^["“„‘'«]/.test(fact) && !/^\d$/.test(fact))
      .map((fact) => (/\p{L}{3}|@|\//u.test(fact) ? fact.toLowerCase() : fact.replace(/[^\d.,]|[.,](?!\d)/g, "")))
      .filter((fact) => fact !== ""),
  );
}

function stem(word: string): string {
  return word
    .replace(/'s$/, "")
    .replace(/(?<=\p{L}{3})(?:ingly|edly|ments?|ations?|ing|ied|ies|ed|ly|es|e|s|en|er|em)$/u, "")
    .slice(0, 9);
}

const UNIFIERS = new Map<string, (text: string) => string>();

/** Replaces each phrase of the word list by the first of its group, so that a synonym is the same word. */
function unifier(text: string): (text: string) => string {
  const language = languageOf(text);
  const known = UNIFIERS.get(language);
  if (known) return known;
  const parents = new Map<string, string>();
  const root = (phrase: string): string => {
    const parent = parents.get(phrase);
    return parent === undefined || parent === phrase ? phrase : root(parent);
  };
  for (const { from, to } of LEXICON[language]) {
    for (const other of to) {
      const [a, b] = [root(from), root(other.toLowerCase())];
      if (a !== b) parents.set(b, a);
    }
  }
  const phrases = [...parents.keys()]
    .sort((a, b) => b.length - a.length)
    .map((phrase) => phrase.replace(/[.*+?/]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}'-])(?:${phrases.join("|")})(?![\\p{L}'-])`, "gu");
  const unify = (raw: string) => raw.replace(pattern, root);
  UNIFIERS.set(language, unify);
  return unify;
}

/** Nearer than this, in points, neither is better. */
const TIE = 3;

/** Which of two replies is better, by the same scores as their ratings. */
export function compareReplies(a: RatedTexts, b: RatedTexts): { reasons: string; better: "A" | "B" | "tie" } {
  const [first, second] = [a, b].map((texts) => {
    const { accuracy, completeness, tone } = rateReply(texts);
    return accuracy * 0.5 + completeness * 0.35 + tone * 0.15;
  }) as [number, number];
  const reasons = `Counted, not judged (the stand-in is no language model): A ${Math.round(first)}, B ${Math.round(second)}.`;
  return { reasons, better: Math.abs(first - second) < TIE ? "tie" : first > second ? "A" : "B" };
}
