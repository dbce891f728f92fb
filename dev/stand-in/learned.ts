import { embed } from "./chat.ts";
import { isRecord } from "./http.ts";
import { FACT, hideFacts, splitBlocks, splitSentences } from "./text.ts";

/** What a model tuned from the stand-in has learned. */
export interface Learned {
  /** Its answer to a customer's message; null where nothing it was taught is alike. */
  answer(message: string): string | null;
}

/** Below this likeness (cosine) two messages ask different things. */
const ALIKE = 0.2;

/**
 * "Trains" on a file, the way a stand-in can: it keeps the lines. Asked something, it gives the reply to the most alike
 * message it was taught, without the sentences that name facts this customer did not (another customer's amounts and
 * dates, which it can not know to be true here). The same file and message give the same answer.
 */
export function learn(trainingFile: string): Learned {
  const taught = trainingFile
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line) => {
      const { prompt, reply } = readLine(JSON.parse(line));
      return prompt === "" || reply === "" ? [] : [{ vector: embed(prompt), reply }];
    });
  return {
    answer(message) {
      const asked = embed(message);
      let best: { likeness: number; reply: string } | null = null;
      for (const { vector, reply } of taught) {
        const likeness = vector.reduce((sum, value, i) => sum + value * (asked[i] ?? 0), 0);
        if (likeness >= ALIKE && likeness > (best?.likeness ?? 0)) best = { likeness, reply };
      }
      return best && (withoutForeignFacts(best.reply, message) || best.reply);
    },
  };
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

function withoutForeignFacts(reply: string, message: string): string {
  const known = new Set(message.match(FACT));
  // Facts hold dots, which end no sentence.
  const { hidden, show } = hideFacts(reply);
  const isKnown = (sentence: string) => (show(sentence).match(FACT) ?? []).every((fact) => known.has(fact));
  const kept = splitBlocks(hidden)
    .map(({ text }) => splitSentences(text).filter(isKnown))
    .filter((sentences) => sentences.length > 0);
  return show(kept.map((sentences) => sentences.join(" ")).join("\n\n"));
}
