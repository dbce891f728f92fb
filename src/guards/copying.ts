import { guessLanguage, isFunctionWord } from "./language.ts";
import { longestCommonRun } from "./longest-common-run.ts";
import { splitWords, type Word, type WordedText } from "./words.ts";

// No published threshold exists for "copied from the reference". These start from how people write: a run of
// eight words is rarely shared by chance, thirteen is a quoted sentence; half of all 5-grams is a light edit.
export const COPY_LIMITS = {
  refuseRun: 13,
  refuseShare: 0.5,
  warnRun: 8,
  warnShare: 0.3,
  /** Replies with fewer words than this have few ways to be said: only a near-exact one is refused. */
  shortReplyWords: 20,
  /** Share of words, in order, that two short replies must have in common to be the same reply. */
  nearExact: 0.9,
} as const;

const GRAM = 5;
// Word by word alignment costs the product of both lengths, so it is kept to replies around the short limit.
const MAX_ALIGNED_WORDS = 60;
// German writes every noun with a capital, headings and shouting every word: there a capital marks no name.
const MAX_NAME_SHARE = 0.5;

// An address is cut out as one stretch of its usual characters, then looked at: a pattern that searched for the
// whole address at once would go quadratic on long words.
const ADDRESS_LIKE = /[\w.+\-/:?#%&=~@]+/g;
const ADDRESS = /@|:\/\/|^www\.|\.[a-z]{2,24}\//i;
const HAS_DIGIT = /\p{N}/u;
const CAPITAL = /^\p{Lu}/u;
const SENTENCE_GAP = /[.!?:;\n•*"“”„«([]/;

/** How much of a rewrite stands in the agent's reply, with names, numbers and addresses left out. */
export interface CopyMeasure {
  /** Words of the rewrite, everything counted. */
  words: number;
  agentWords: number;
  /** Share (0 to 1) of the rewrite's 5-word runs that the agent's reply holds too. */
  share: number;
  longestRun: number;
  /** That run as it stands in the rewrite, for the model to see. */
  runText: string;
  /** The whole rewrite is the agent's reply, or one stretch of it, give or take a word in ten. */
  nearExact: boolean;
}

type CopyVerdict = "pass" | "warn" | "refuse";

/**
 * Measures how much of `rewrite` is copied from `agentReply`. Names, URLs, e-mail addresses and anything with a
 * digit are left out of both, since a good rewrite must repeat them. About linear in the lengths.
 */
export function measureCopying(rewrite: string, agentReply: string): CopyMeasure {
  const agent = splitWords(agentReply);
  const mine = splitWords(rewrite);
  const names = namesOf(agent, agentReply);
  const agentWords = withoutFacts(agent, names);
  const myWords = withoutFacts(mine, names);
  const agentFolded = agentWords.map((word) => word.folded);
  const myFolded = myWords.map((word) => word.folded);

  const run = longestCommonRun(agentFolded, myFolded);
  const first = myWords[run.start];
  const last = myWords[run.start + run.length - 1];
  return {
    words: mine.words.length,
    agentWords: agent.words.length,
    share: sharedGrams(myFolded, agentFolded),
    longestRun: run.length,
    runText: first && last ? mine.text.slice(first.start, last.end).replace(/\s+/g, " ") : "",
    nearExact: isNearExact(mine, agent),
  };
}

/** Turns a measure into a verdict by `COPY_LIMITS`. */
export function judgeCopying(measure: CopyMeasure): CopyVerdict {
  const { share, longestRun } = measure;
  if (measure.nearExact) return "refuse";
  const short = Math.min(measure.words, measure.agentWords) < COPY_LIMITS.shortReplyWords;
  if (!short && (longestRun >= COPY_LIMITS.refuseRun || share > COPY_LIMITS.refuseShare)) return "refuse";
  return longestRun >= COPY_LIMITS.warnRun || share > COPY_LIMITS.warnShare ? "warn" : "pass";
}

/**
 * The names in the agent's reply: words with a capital inside a sentence that never stand there without one.
 * They come from the agent's reply alone and are dropped from both texts, so that both are measured alike.
 */
function namesOf(agent: WordedText, agentReply: string): Set<string> {
  const capitals = new Set<string>();
  const plain = new Set<string>();
  let inside = 0;
  let capitalised = 0;
  let end = -1;
  for (const word of agent.words) {
    const startsSentence = end < 0 || SENTENCE_GAP.test(agent.text.slice(end, word.start));
    end = word.end;
    if (!CAPITAL.test(agent.text.slice(word.start, word.end))) {
      plain.add(word.folded);
      inside += startsSentence ? 0 : 1;
    } else if (!startsSentence) {
      inside++;
      capitalised++;
      if (!isFunctionWord(word.folded)) capitals.add(word.folded);
    }
  }
  if (capitalised > inside * MAX_NAME_SHARE || guessLanguage(agentReply)?.language === "de") return new Set();
  for (const word of plain) capitals.delete(word);
  return capitals;
}

function withoutFacts({ text, words }: WordedText, names: ReadonlySet<string>): Word[] {
  const addresses = [...text.matchAll(ADDRESS_LIKE)]
    .filter((match) => ADDRESS.test(match[0]))
    .map((match) => ({ start: match.index, end: match.index + match[0].length }));
  let next = 0;
  return words.filter((word) => {
    while ((addresses[next]?.end ?? Number.POSITIVE_INFINITY) <= word.start) next++;
    const inAddress = word.end > (addresses[next]?.start ?? Number.POSITIVE_INFINITY);
    return !inAddress && !HAS_DIGIT.test(word.folded) && !names.has(word.folded);
  });
}

function sharedGrams(words: readonly string[], source: readonly string[]): number {
  if (words.length < GRAM) return 0;
  const known = new Set(grams(source));
  const mine = grams(words);
  return mine.filter((gram) => known.has(gram)).length / mine.length;
}

function grams(words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i + GRAM <= words.length; i++) out.push(words.slice(i, i + GRAM).join(" "));
  return out;
}

function isNearExact(rewrite: WordedText, agent: WordedText): boolean {
  const mine = rewrite.words.map((word) => word.folded);
  const theirs = agent.words.map((word) => word.folded);
  if (mine.length === 0) return rewrite.text.trim() !== "" && rewrite.text.trim() === agent.text.trim();
  const longer = Math.max(mine.length, theirs.length);
  if (mine.join(" ") === theirs.join(" ")) return true;
  if (longer <= MAX_ALIGNED_WORDS && alignedWords(mine, theirs) >= longer * COPY_LIMITS.nearExact) return true;
  if (mine.length >= COPY_LIMITS.shortReplyWords || mine.length < COPY_LIMITS.warnRun) return false;
  return longestCommonRun(theirs, mine).length >= mine.length * COPY_LIMITS.nearExact;
}

/** Number of words that two lists share in the same order (longest common subsequence). */
function alignedWords(a: readonly string[], b: readonly string[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const row = [0];
    for (let j = 0; j < b.length; j++) {
      row.push(word === b[j] ? (above[j] ?? 0) + 1 : Math.max(above[j + 1] ?? 0, row[j] ?? 0));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
