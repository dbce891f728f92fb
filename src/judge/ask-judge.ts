import { z } from "zod";
import type { Turn } from "../db/schema/failures.ts";
import { completeJson } from "../llm/complete-json.ts";
import type { Model } from "../llm/model.ts";
import { ModelError } from "../llm/model.ts";
import { askAbout, turns } from "../llm/sections.ts";

export interface Judge {
  model: Model;
  name: string;
  /** How often each reply is rated. */
  samples: number;
}

export interface RatedCase {
  originalPrompt: string;
  conversation?: Turn[] | null;
  agentReply: string;
}

const MAX_OUTPUT_TOKENS = 4_000;

/** Text of the judge's. Some models answer an object where a text belongs: it is kept as JSON. */
export const textOrJson = z.preprocess(
  (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  z.string(),
);

export interface Question<T> {
  name: string;
  instructions: string;
  schema: z.ZodType<T>;
  /** The replies it is about, by the names of their sections. */
  replies: Record<string, string>;
}

/**
 * Asks the judge about replies to a customer, together with the conversation and the agent's reply.
 * @returns null where it gave no answer that can be used
 * @throws ModelError for what may pass or needs an operator
 */
export async function askJudge<T>(
  judge: Judge,
  rated: RatedCase,
  { name, instructions, schema, replies }: Question<T>,
): Promise<T | null> {
  const messages = askAbout(instructions, {
    conversation: turns(rated.conversation),
    customer_message: rated.originalPrompt,
    agent_reply: rated.agentReply,
    ...replies,
  });
  try {
    return await completeJson(judge.model, {
      ...{ model: judge.name, name, schema, messages, maxOutputTokens: MAX_OUTPUT_TOKENS },
    });
  } catch (error) {
    if (error instanceof ModelError && (error.failure === "repair" || error.failure === "refused")) return null;
    throw error;
  }
}
