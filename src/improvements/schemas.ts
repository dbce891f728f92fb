import { z } from "@hono/zod-openapi";
import { REVIEW_STATUSES } from "../db/schema/improvements.ts";
import { PAIRWISE } from "../db/schema/judge.ts";
import { kindFilter, MAX_MESSAGE, text } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

export const improvementOutput = z
  .object({
    id: z.uuid(),
    failure_id: z.uuid(),
    prompt_id: z.uuid(),
    version: z.int().openapi({ description: "Counts up with every redo and every review; a review names it." }),
    original_prompt: z.string(),
    original_reply: z.string(),
    corrected_reply: z.string(),
    agent_reply: z.string(),
    old_rating: z.int().nullable().openapi({ description: "0 to 100, by the judge; null: unscored." }),
    new_rating: z.int().nullable(),
    score_gain_estimate: z.int().nullable().openapi({ description: "new_rating - old_rating." }),
    gain_spread: z.number().nullable().openapi({
      description: "Standard error of the gain over the judge's samples; null with a single sample.",
    }),
    failure_category: z.string().nullable(),
    topic: z.string().nullable(),
    pairwise: z.enum(PAIRWISE).openapi({
      description:
        "The new reply against the old one, judged face to face in both orders; verdicts that flip are a tie.",
    }),
    guard_findings: z.array(z.object({ guard: z.string(), severity: z.enum(["refuse", "warn"]), detail: z.string() })),
    edited: z.boolean().openapi({
      description: "A person changed the corrected reply: ratings and gain are those of the text before.",
    }),
    review_status: z.enum(REVIEW_STATUSES),
    context_url: z.string().nullable(),
    model: z.string().openapi({ description: "The model that rewrote." }),
    judge_model: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi("Improvement");
export type ImprovementOutput = z.infer<typeof improvementOutput>;

const filters = {
  ...kindFilter,
  sort: z
    .enum(["score_gain", "mean_gain", "newest"], "must be score_gain, mean_gain or newest")
    .default("score_gain")
    .openapi({
      description: "score_gain: by the lower bound of the gain (mean minus spread); mean_gain: by the mean.",
    }),
  review: z
    .enum([...REVIEW_STATUSES, "all"], "must be unreviewed, approved, rejected or all")
    .optional()
    .openapi({ description: "Without it: all but what a person rejected." }),
  min_gain: z.coerce.number().int().min(-100).max(100).optional(),
  q: z.string().max(200, "is longer than 200 characters").optional().openapi({
    description: "Only those in whose message or replies this text occurs, upper and lower case alike.",
  }),
};

export const improvementQuery = z.strictObject({ ...pageQuery, ...filters });
export type ImprovementQuery = z.infer<typeof improvementQuery>;

export const reviewInput = z
  .strictObject({
    decision: z.enum(["approve", "reject"], "must be approve or reject"),
    corrected_reply: text(MAX_MESSAGE)
      .optional()
      .openapi({ description: "The reply as you edited it; only to approve." }),
    note: text(2_000).optional(),
    version: z.int().min(1).openapi({ description: "The improvement's version that you saw." }),
  })
  .refine(({ decision, corrected_reply }) => decision === "approve" || corrected_reply === undefined, {
    path: ["corrected_reply"],
    error: "goes with approve only",
  })
  .openapi("ReviewInput");
export type ReviewInput = z.infer<typeof reviewInput>;

export const improvementPage = pageOf(improvementOutput);

const creditRow = {
  improvements: z.int(),
  scored: z.int(),
  mean_gain: z.number().nullable(),
  points: z.int().openapi({ description: "The gains added up, losses included." }),
};

export const creditQuery = z.strictObject({ review: filters.review });

export const creditOutput = z
  .object({
    by_failure_category: z.array(z.object({ failure_category: z.string(), ...creditRow })),
    by_agent: z.array(z.object({ agent: z.string(), ...creditRow })).openapi({
      description: "By `metadata.agent` of the failures: whose replies the improvements were made from.",
    }),
  })
  .openapi("Credit");
export type Credit = z.infer<typeof creditOutput>;
