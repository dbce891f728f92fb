import { eq } from "drizzle-orm";
import type { Config } from "../../config.ts";
import type { Db } from "../../db/client.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import type { TrainingRow } from "../../exports/formats.ts";
import { prepareRow, type SkipReason } from "../../exports/prepare-row.ts";

/**
 * A failure as a training line would have it, to test a model with: the system message where the file had one, the
 * customer's message alone, and personal data replaced as in the file, or because no model may see it. The agent's reply goes the same way, so that a
 * placeholder means the same in both.
 * @returns the reason where such a line could not have been written
 */
export function prepareReplay(
  { prompt, agentReply, knownNames: names }: { prompt: string; agentReply: string; knownNames: string[] | null },
  system: string | null,
  { REDACT_EXPORTS, REDACT_MODEL_INPUT }: Pick<Config, "REDACT_EXPORTS" | "REDACT_MODEL_INPUT">,
): TrainingRow | SkipReason {
  const given = { system, prompt, preferred: agentReply, original: "" };
  const redacting = REDACT_EXPORTS || REDACT_MODEL_INPUT;
  const prepared = prepareRow(given, { format: "openai-sft", redacting, names });
  return typeof prepared === "string" ? prepared : prepared.row;
}

/** SQL: what `prepareReplay` needs of failures, and their clusters. */
export function selectTexts(db: Db) {
  return db
    .select({
      id: failedReplies.id,
      clusterId: failedReplies.clusterId,
      prompt: prompts.originalPrompt,
      agentReply: failedReplies.agentReply,
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .$dynamic();
}
