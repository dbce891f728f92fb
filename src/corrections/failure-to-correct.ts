import { and, eq } from "drizzle-orm";
import { readContext } from "../clusters/context/read-context.ts";
import { composeGuidance } from "../clusters/lessons/guidance-text.ts";
import type { Db } from "../db/client.ts";
import { correctionAttempts, correctionDrafts } from "../db/schema/corrections.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { withoutNumbers } from "../guards/without-personal-data.ts";
import { log } from "../lib/log.ts";
import type { PaidAnswers } from "../llm/paid-answers.ts";

export type FailureToCorrect = NonNullable<Awaited<ReturnType<typeof readFailure>>>;

/** All that a correction needs of a failure; null when it has been erased. */
export async function readFailure(db: Db, id: string) {
  const [row] = await db
    .select({
      id: failedReplies.id,
      promptId: failedReplies.promptId,
      originalPrompt: prompts.originalPrompt,
      conversation: prompts.conversation,
      aiReply: failedReplies.aiReply,
      agentReply: failedReplies.agentReply,
      failureExplanation: failedReplies.failureExplanation,
      failureCategory: failedReplies.failureCategory,
      clusterId: failedReplies.clusterId,
      agent: failedReplies.agent,
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(eq(failedReplies.id, id));
  return row ?? null;
}

/** Whether an earlier attempt at this failure ended with this code. */
export async function endedBefore(db: Db, failureId: string, code: string): Promise<boolean> {
  const same = and(eq(correctionAttempts.failedReplyId, failureId), eq(correctionAttempts.reasonCode, code));
  return (
    (await db.select({ attempt: correctionAttempts.attempt }).from(correctionAttempts).where(same).limit(1)).length > 0
  );
}

/** What an earlier attempt that was put back had already been answered. */
export async function readDraft(db: Db, failureId: string): Promise<PaidAnswers> {
  const [draft] = await db.select().from(correctionDrafts).where(eq(correctionDrafts.failedReplyId, failureId));
  return draft?.answers ?? {};
}

/** What is known of this type of query. A cluster that cannot be read costs the guidance, not the correction. */
export async function guidanceFor(
  services: Parameters<typeof readContext>[0],
  { clusterId, failureCategory, originalPrompt }: FailureToCorrect,
): Promise<string | null> {
  if (clusterId === null) return null;
  try {
    const context = await readContext(services, { cluster_id: clusterId });
    const guidance = composeGuidance([context], { failureCategory, customerMessage: originalPrompt });
    // Its placeholders are other failures', and must not be taken for this one's.
    return guidance && withoutNumbers(guidance.text);
  } catch (error) {
    log.warn("no_guidance", { cluster_id: clusterId }, error);
    return null;
  }
}
