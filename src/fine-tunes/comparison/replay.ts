import { eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import type { ExportOptions } from "../../db/schema/exports.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { prepareRow, type SkipReason } from "../../exports/prepare-row.ts";
import type { ChatMessage } from "../../llm/model.ts";

export interface Replay {
  /** What both models are asked. */
  messages: ChatMessage[];
  /** What the judge sees of the customer's message and of the agent's reply. */
  prompt: string;
  agentReply: string;
}

/**
 * What a model is asked to be tested on a failure: the very shape of the training lines, with the system message where
 * the file had one, the customer's message alone, and personal data replaced as in the file.
 * @returns the reason where such a line could not have been written
 */
export function toReplay(
  { prompt, agentReply, system }: { prompt: string; agentReply: string; system: string | null },
  { redacting }: { redacting: boolean },
): Replay | SkipReason {
  // The agent's reply goes the same way, so that a placeholder means the same in both.
  const given = { system, prompt, preferred: agentReply, original: "" };
  const prepared = prepareRow(given, { format: "openai-sft", redacting });
  if (typeof prepared === "string") return prepared;
  const { row } = prepared;
  return {
    messages: [
      ...(row.system === null ? [] : [{ role: "system" as const, content: row.system }]),
      { role: "user", content: row.prompt },
    ],
    prompt: row.prompt,
    agentReply: row.preferred,
  };
}

/** SQL: what `toReplay` needs of failures, and their clusters. */
export function selectTexts(db: Db) {
  return db
    .select({
      id: failedReplies.id,
      clusterId: failedReplies.clusterId,
      prompt: prompts.originalPrompt,
      agentReply: failedReplies.agentReply,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .$dynamic();
}

/** Whether the lines of an export begin with a system message. */
export function isGuided(options: ExportOptions | null): boolean {
  return options?.system === "guided";
}
