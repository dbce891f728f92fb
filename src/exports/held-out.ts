import { eq, inArray } from "drizzle-orm";
import { type Db, valuesOf } from "../db/client.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { isDrawn } from "./split.ts";

/** Which failures a model is to be tested on, so that no line may show what was learned from them alone. */
export interface HeldOut {
  /** The export's `validation_fraction`. */
  fraction: number;
  /** More of them, by id. */
  failureIds?: ReadonlySet<string>;
}

/** The ids of those failures that are not held out. */
export async function withoutHeldOut(db: Db, ids: string[], { fraction, failureIds }: HeldOut): Promise<Set<string>> {
  const left = new Set(failureIds === undefined ? ids : ids.filter((id) => !failureIds.has(id)));
  if (fraction === 0 || left.size === 0) return left;
  const rows = await db
    .select({ id: failedReplies.id, asked: prompts.originalPrompt })
    .from(failedReplies)
    .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
    .where(inArray(failedReplies.id, valuesOf([...left])));
  return new Set(rows.flatMap(({ id, asked }) => (isDrawn(asked, fraction) ? [] : [id])));
}
