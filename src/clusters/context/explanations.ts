import { and, desc, eq, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { failedReplies, prompts } from "../../db/schema/failures.ts";
import { recordWithoutPersonalData } from "../../guards/without-personal-data.ts";
import type { Explained } from "./choose-lessons.ts";
import { COMPARED_CHARACTERS } from "./different-customers.ts";

/** Explanations read to choose the lessons from. */
const EXPLANATIONS = 60;

/** The query for the explanations to choose lessons from: the newest, without those of suspicious failures. */
export function selectExplanations(db: Db, failuresIn: SQL | undefined) {
  return db
    .select({
      id: failedReplies.id,
      failure_category: failedReplies.failureCategory,
      text: failedReplies.failureExplanation,
      customerKey: failedReplies.customerKey,
      message: sql<string>`substr(${prompts.originalPrompt}, 1, ${COMPARED_CHARACTERS})`.as("message"),
      knownNames: failedReplies.knownNames,
    })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(and(failuresIn, isNotNull(failedReplies.failureExplanation), isNull(failedReplies.suspicion)))
    .orderBy(desc(failedReplies.id))
    .limit(EXPLANATIONS);
}

type Named = Pick<typeof failedReplies.$inferSelect, "knownNames">;

/** One of them as it may serve other customers: placeholders stand for its personal data. */
export function explanationOf({ knownNames, ...explained }: Explained & Named): Explained {
  return recordWithoutPersonalData(explained, ["text"], knownNames).record;
}
