import { fillSchema, type Schema } from "./fill-schema.ts";
import { compareReplies, rateReply } from "./rate.ts";
import { placeholderReply, rewriteReply } from "./rewrite.ts";
import { readSections } from "./text.ts";

/** The stand-in's name, in every answer it gives. */
export const MODEL = "stand-in";

export interface ChatMessage {
  role: string;
  text: string;
}

export interface ChatRequest {
  messages: ChatMessage[];
  /** `text`, `json_object` or `json_schema`. */
  format: string;
  schema?: Schema | undefined;
}

/** What the stand-in answers: a rewrite, a rating, a filled schema or a plain placeholder, as the prompt asks for. */
export function answerChat({ messages, format, schema }: ChatRequest): string {
  const said = messages.filter(({ role }) => role === "user").map(({ text }) => text);
  const sections = readSections(said.join("\n\n"));
  const { customer_message = "", conversation, agent_reply, failed_reply, reply_to_rate, reply_a, reply_b } = sections;
  const known = { customerMessage: customer_message, conversation, agentReply: agent_reply ?? "" };
  if (agent_reply !== undefined && reply_to_rate !== undefined && (schema === undefined || asksForScores(schema))) {
    return JSON.stringify({ ...rateReply({ ...known, reply: reply_to_rate }), usable_reference: true });
  }
  if (agent_reply !== undefined && reply_a !== undefined && reply_b !== undefined) {
    return JSON.stringify(compareReplies({ ...known, reply: reply_a }, { ...known, reply: reply_b }));
  }
  if (format === "json_schema" && schema !== undefined) {
    return JSON.stringify(
      fillSchema(schema, Object.keys(sections).length > 0 ? sections : { prompt: said.join("\n\n") }),
    );
  }
  if (format === "json_object") return JSON.stringify({ answer: placeholderReply(said.at(-1) ?? "") });
  if (agent_reply !== undefined && failed_reply !== undefined) {
    return rewriteReply({
      customerMessage: customer_message,
      agentReply: agent_reply,
      failureExplanation: sections.failure_explanation,
      problems: sections.problems_of_your_last_rewrite,
    });
  }
  return placeholderReply(customer_message || (said.at(-1) ?? ""));
}

function asksForScores({ properties = {} }: Schema): boolean {
  return ["accuracy", "completeness", "tone"].every((name) => name in properties);
}

// About as long as the pieces that real tokenizers cut English into.
const TOKEN = /\p{L}{1,6}|\p{N}{1,3}|\s?[^\s\p{L}\p{N}]|\s{2,}/gu;

/** Tokens of a text, roughly as a tokenizer would count them. */
export function countTokens(text: string): number {
  return text.match(TOKEN)?.length ?? 0;
}

/** The first so many tokens of a text, and whether that cut it. */
export function cutToTokens(text: string, most: number): { text: string; cut: boolean } {
  let tokens = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (++tokens > most) return { text: text.slice(0, match.index), cut: true };
  }
  return { text, cut: false };
}

const DIMENSIONS = 256;

/** A text as a unit vector: its words and word pairs, hashed. Alike texts point alike, and that is all it can. */
export function embed(text: string, dimensions = DIMENSIONS): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  for (const [i, word] of words.entries()) {
    add(vector, word, 1);
    add(vector, word.slice(0, 5), 0.5);
    if (i > 0) add(vector, `${words[i - 1]} ${word}`, 0.5);
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

function add(vector: number[], feature: string, weight: number): void {
  let hashed = 0x811c9dc5;
  for (let i = 0; i < feature.length; i++) hashed = Math.imul(hashed ^ feature.charCodeAt(i), 0x01000193) >>> 0;
  const at = (hashed >>> 1) % vector.length;
  vector[at] = (vector[at] ?? 0) + (hashed & 1 ? weight : -weight);
}
