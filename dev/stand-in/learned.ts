import { findMadeUpFacts } from "../../src/guards/facts.ts";
import { sentencesOf, sharedBy, stemsOf } from "./text.ts";

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
 * which it cannot know to be true here. Asked anything else it has learned nothing.
 */
export function learn(trainingFile: string): Learned {
  const taught = trainingFile
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => readLine(JSON.parse(line) as Line))
    .map(({ prompt, reply }) => ({ prompt: stemsOf(prompt), reply }));
  const weigh = rarity(taught.map(({ prompt }) => prompt));
  return {
    answer(message) {
      const asked = stemsOf(message);
      const near = taught
        .map(({ prompt, reply }) => ({ reply, likeness: likeness(prompt, asked, weigh) }))
        .toSorted((a, b) => b.likeness - a.likeness)
        .slice(0, MOST_MESSAGES);
      const best = near[0]?.likeness ?? 0;
      if (best < ALIKE) return null;
      const sentences = near
        .filter((one) => one.likeness >= NEARLY * best)
        .flatMap(({ reply }) => sentencesOf(reply))
        .filter((sentence) => findMadeUpFacts(sentence, [message]).length === 0);
      return [...new Set(sentences)].join(" ") || null;
    },
  };
}

/** How much a word tells: one that stands in every line tells nothing. */
function rarity(lines: Set<string>[]): (word: string) => number {
  const counts = new Map<string, number>();
  for (const line of lines) for (const word of line) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (word) => Math.log((lines.length + 1) / ((counts.get(word) ?? lines.length) + 1));
}

function likeness(taught: Set<string>, asked: Set<string>, weigh: (word: string) => number): number {
  const size = (words: Iterable<string>) => [...words].reduce((sum, word) => sum + weigh(word) ** 2, 0);
  return size(sharedBy(taught, asked)) / (Math.sqrt(size(taught) * size(asked)) || 1);
}

interface Message {
  role: string;
  content: string;
}

/** A line of either format that fine-tuning takes; checked before it is learned. */
interface Line {
  messages?: Message[];
  input?: { messages: Message[] };
  preferred_output?: Message[];
}

function readLine({ messages = [], input, preferred_output }: Line): { prompt: string; reply: string } {
  const last = (list: Message[], role: string) => list.findLast((message) => message.role === role)?.content ?? "";
  return { prompt: last(input?.messages ?? messages, "user"), reply: last(preferred_output ?? messages, "assistant") };
}
