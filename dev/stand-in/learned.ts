import { findMadeUpFacts } from "../../src/guards/facts.ts";
import { sentencesOf, sharedBy, stemsOf } from "./text.ts";

/** What a model tuned from the stand-in has learned. */
export interface Learned {
  /** Its answer to a customer's message; null where nothing it was taught is alike. */
  answer(message: string): string | null;
}

/** Below this likeness two messages ask different things. */
const ALIKE = 0.2;

/** A reply is put together from those to at most this many messages, all nearly as like the question as the nearest. */
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
  return {
    answer(message) {
      const asked = stemsOf(message);
      const near = taught
        .map(({ prompt, reply }) => ({ reply, likeness: likeness(prompt, asked) }))
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

/** The cosine of two sets of words. */
function likeness(taught: Set<string>, asked: Set<string>): number {
  return sharedBy(taught, asked).length / (Math.sqrt(taught.size * asked.size) || 1);
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
