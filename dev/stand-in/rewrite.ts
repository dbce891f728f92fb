import { guessLanguage } from "../../src/guards/language.ts";
import { OPENINGS, OTHER_WORDS } from "./other-words.ts";
import { capitalise, pick } from "./text.ts";

export interface RewriteInput {
  customerMessage: string;
  agentReply: string;
  /** Told what was wrong with the last rewrite, the next one moves further from the agent's words. */
  again?: boolean;
}

/** How many of the agent's words in a row are kept before one is exchanged, where it can be, or else repeated. */
interface Distance {
  exchange: number;
  repeat: number;
}
const FAR: Distance = { exchange: 2, repeat: 6 };
const FARTHER: Distance = { exchange: 1, repeat: 4 };

/**
 * Says an agent's reply in other words, by rules alone: the same inputs give the same text. Function words give way
 * to others ("which" to "that", "the" to nothing), and where none comes along in time, a word is said twice ("the
 * parcel, parcel"): that works in any language. Facts, names and what is quoted stay as they are.
 */
export function rewriteReply({ customerMessage, agentReply, again }: RewriteInput): string {
  const language = guessLanguage(agentReply)?.language ?? "en";
  const opening = pick(OPENINGS[language] ?? [], customerMessage);
  const body = exchangeWords(agentReply.trim(), OTHER_WORDS[language] ?? {}, again ? FARTHER : FAR);
  return opening === undefined ? body : `${opening}${body.includes("\n\n") ? "\n\n" : " "}${body}`;
}

const QUOTED_OR_FACT = String.raw`"[^"\n]*"|[“„«][^”“»\n]*[”“»]|\S*[\d@/]\S*`;
const WORD = String.raw`[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*`;

function exchangeWords(text: string, others: Record<string, string>, far: Distance): string {
  const known = Object.keys(others).sort((a, b) => b.length - a.length);
  const phrases = known.length === 0 ? "(?!)" : `(?:${known.join("|")})(?![\\p{L}\\p{M}'’-])`;
  const pieces = new RegExp(`${QUOTED_OR_FACT}|(?<phrase>${phrases})|(?<word>${WORD})`, "giu");
  let copied = 0;
  let begins = false;
  const said = text.replace(pieces, (piece: string, ...match: unknown[]) => {
    const { phrase, word } = match.at(-1) as { phrase?: string; word?: string };
    copied += piece.match(/\p{L}+/gu)?.length ?? 0;
    const isCapital = begins || /^\p{Lu}/u.test(piece);
    const other = phrase === undefined ? undefined : others[phrase.toLowerCase()];
    if (other !== undefined && copied > far.exchange) {
      copied = 0;
      // What was dropped leaves its capital to the next word.
      begins = other === "" && isCapital;
      return isCapital ? capitalise(other) : other;
    }
    const isFact = word === undefined && phrase === undefined;
    const kept = begins && !isFact ? capitalise(piece) : piece;
    begins = false;
    // The copy guard knows names by their capitals, and counts none of them.
    if (word === undefined || copied <= far.repeat || !/^\p{Ll}{5,}$/u.test(word)) return kept;
    copied = 1;
    return `${kept}, ${word}`;
  });
  return said.replace(/(?<=\S) {2,}/g, " ").replace(/^ +(?=\S)/gm, "");
}

/** A short answer to a plain chat, which says what wrote it. */
export function placeholderReply(message: string): string {
  const about = message.replace(/\s+/g, " ").trim();
  return `Thanks for your message${about === "" ? "" : `, "${about.slice(0, 80).trim()}"`}. This is a placeholder written by the stand-in, which is no language model and cannot answer it.`;
}
