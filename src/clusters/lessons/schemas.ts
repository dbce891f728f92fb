import { z } from "@hono/zod-openapi";
import { LESSON_SLOTS } from "../../experiments/prompt-id.ts";
import { failureCategory, name } from "../../http/fields.ts";

/** A lesson is a sentence or two: prompts have a budget. */
const MAX_LESSON = 400;

export const guidanceInput = z
  .strictObject({
    version: z.int().min(0).openapi({ description: "`guidance_version` of the cluster as you read it." }),
    lessons: z
      .array(
        z.strictObject({
          id: z.uuid().nullish().openapi({ description: "Of a current lesson; left out for a new one." }),
          text: name(MAX_LESSON),
          failure_category: failureCategory.nullish(),
          pinned: z.boolean().default(false).openapi({ description: "The model leaves it alone, and it goes first." }),
        }),
      )
      .max(LESSON_SLOTS, `has more than ${LESSON_SLOTS} lessons`)
      .openapi({ description: "All that are to be used; those left out are retired." }),
  })
  .openapi("GuidanceInput");
export type GuidanceInput = z.infer<typeof guidanceInput>;

export const lessonDecision = z.strictObject({ decision: z.enum(["approve", "reject"]) });
