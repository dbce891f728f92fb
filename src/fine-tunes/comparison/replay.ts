import { eq } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { type Prepared, prepareRow, type SkipReason } from "../../exports/prepare-row.ts";
import { TextScanner } from "../../exports/scan-texts.ts";

/** Scanning is synchronous, so one serves all. */
const scanner = new TextScanner();

/**
 * A failure as a training line would have it, to test a model with: the system message where the file had one, the
 * customer's message alone, and personal data replaced as in the file. The agent's reply goes the same way, so that a
 * placeholder means the same in both.
 * @returns the reason where such a line could not have been written
 */
export function prepareReplay(
  { prompt, agentReply }: { prompt: string; agentReply: string },
  system: string | null,
  redacting: boolean,
): Prepared | SkipReason {
  const given = { system, prompt, preferred: agentReply, original: "" };
  return prepareRow(given, { format: "openai-sft", redacting, scanner });
}

/** SQL: what `prepareReplay` needs of failures, and their clusters. */
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
