import { isRecord } from "./http.ts";
import { FACT, hideFacts, splitBlocks, splitSentences } from "./text.ts";

/** What a model tuned from the stand-in has learned. */
export interface Learned {
  /** Its answer to a customer's message; null where nothing it was taught is alike. */
  answer(message: string): string | null;
}

/** Below this likeness (cosine) two messages ask different things. */
const ALIKE = 0.2;

/** A reply is put together from those to so many messages, as long as they are nearly as alike as the most alike. */
const MOST_MESSAGES = 3;
const NEARLY = 0.7;

/**
 * "Trains" on a file, the way a stand-in can: it keeps the lines. Asked what is like a message it was taught, it gives
 * the reply to that, without the sentences that name facts this customer did not: another one's amounts and dates,
 * which it can not know to be true here. Asked anything else it has learned nothing. Nothing is written that is not in
 * the file, and the same file and message give the same answer.
 */
export function learn(trainingFile: string): Learned {
  const taught = trainingFile
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => {
      const { prompt, reply } = readLine(JSON.parse(line));
      return prompt === "" || reply === "" ? [] : [{ prompt: wordsOf(prompt), reply }];
    });
  const weigh = rarity(taught.map(({ prompt }) => prompt));
  return {
    answer(message) {
      const asked = wordsOf(message);
      const near = taught
        .map(({ prompt, reply }) => ({ reply, likeness: likeness(prompt, asked, weigh) }))
        .sort((a, b) => b.likeness - a.likeness)
        .slice(0, MOST_MESSAGES);
      const best = near[0]?.likeness ?? 0;
      if (best < ALIKE) return null;
      const known = near.filter((one) => one.likeness >= NEARLY * best);
      const sentences = new Set(known.flatMap(({ reply }) => sentencesWithoutForeignFacts(reply, message)));
      return sentences.size === 0 ? null : [...sentences].join(" ");
    },
  };
}

/** Beginnings of words stand for the word in all its endings. */
const STEM = 6;

function wordsOf(text: string): Set<string> {
  return new Set(
    text
      .toLowerCase()
      .match(/\p{L}{3,}/gu)
      ?.map((word) => word.slice(0, STEM)),
  );
}

/** How much a word tells: one that stands in every line tells nothing. */
function rarity(lines: Set<string>[]): (word: string) => number {
  const counts = new Map<string, number>();
  for (const line of lines) for (const word of line) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (word) => Math.log((lines.length + 1) / ((counts.get(word) ?? lines.length) + 1));
}

function likeness(taught: Set<string>, asked: Set<string>, weigh: (word: string) => number): number {
  const squared = (word: string) => weigh(word) ** 2;
  const shared = [...taught].filter((word) => asked.has(word));
  return sum(shared, squared) / (Math.sqrt(sum([...taught], squared) * sum([...asked], squared)) || 1);
}

function sum(words: string[], weigh: (word: string) => number): number {
  return words.reduce((total, word) => total + weigh(word), 0);
}

/** The message and the reply of a line, in either of the formats that fine-tuning takes. */
function readLine(line: unknown): { prompt: string; reply: string } {
  const { messages, input, preferred_output } = isRecord(line) ? line : {};
  const asked = isRecord(input) ? input.messages : messages;
  return { prompt: textOf(asked, "user"), reply: textOf(preferred_output ?? messages, "assistant") };
}

function textOf(messages: unknown, role: string): string {
  const list = Array.isArray(messages) ? (messages as unknown[]).filter(isRecord) : [];
  const content = list.findLast((message) => message.role === role)?.content;
  return typeof content === "string" ? content : "";
}

function sentencesWithoutForeignFacts(reply: string, message: string): string[] {
  const known = new Set(message.match(FACT));
  // Facts hold dots, which end no sentence.
  const { hidden, show } = hideFacts(reply);
  return splitBlocks(hidden)
    .flatMap(({ text }) => splitSentences(text).map(show))
    .filter((sentence) => (sentence.match(FACT) ?? []).every((fact) => known.has(fact)));
}
