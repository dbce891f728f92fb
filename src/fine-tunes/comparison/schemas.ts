import { z } from "@hono/zod-openapi";
import { COMPARISON_STATUSES, LOST_REPLIES, UNSEEN } from "../../db/schema/fine-tunes.ts";
import { PAIRWISE } from "../../db/schema/judge.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";

/** Each case costs two replies and, with one sample, four calls of the judge. */
export const DEFAULT_CASES = 50;
export const MOST_CASES = 500;

const limit = z.int().min(1).max(MOST_CASES);
const counts = z.record(z.string(), z.int());

export const comparisonInput = z
  .strictObject({
    limit: limit.optional().openapi({
      description: `The most failures to replay, up to ${MOST_CASES}; ${DEFAULT_CASES} by default. Each costs two replies and four judge calls, more with JUDGE_SAMPLES.`,
    }),
  })
  .openapi("ComparisonInput");

const estimate = z
  .object({ value: z.number(), low: z.number(), high: z.number(), n: z.int() })
  .nullable()
  .openapi({ description: "With its 95% interval; null where there are too few cases to give one." });

const numbers = z.object({
  n: z.int().openapi({ description: "Cases with both replies rated; the other numbers come from these alone." }),
  base_rating: z.number().nullable().openapi({ description: "Mean, 0 to 100." }),
  tuned_rating: z.number().nullable(),
  difference: estimate.openapi({ description: "Tuned minus base, paired, in points, with its 95% interval." }),
  wins: z.int().openapi({ description: "Compared in both orders, the judge prefers the tuned model's reply." }),
  ties: z.int(),
  losses: z.int(),
  not_compared: z.int(),
  win_share: estimate.openapi({ description: "Wins among wins and losses, 0 to 1, with its 95% interval." }),
  too_few: z.boolean().openapi({ description: "Too few cases to show a difference." }),
});
export type ComparisonNumbers = z.infer<typeof numbers>;

export const comparisonOutput = z
  .object({
    id: z.uuid(),
    fine_tune_id: z.uuid(),
    status: z.enum(COMPARISON_STATUSES),
    waiting: z.string().nullable().openapi({ description: "Why nothing is happening, while it waits." }),
    error: z.string().nullable(),
    base_model: z.string(),
    tuned_model: z.string(),
    judge_model: z.string(),
    rubric: z.string(),
    meaning: z.string().openapi({
      description:
        "What the numbers show, in a sentence. No verdict is given where one model failed to answer more often than the other for technical reasons.",
    }),
    unseen: counts.openapi({
      description:
        "Why the cases count as unseen. held_out: in the export's validation file. later: recorded after the export. " +
        "left_out: left out of the export, so not a fair sample.",
    }),
    cases: z.int(),
    open: z.int(),
    unscored: counts.openapi({ description: "Cases without two ratings, by reason. They count nowhere else." }),
    no_reply: z.object({ base: counts, tuned: counts }).openapi({
      description:
        "Replies that were empty, cut off, refused or filtered, by reason. Such a reply is rated 0 and loses.",
    }),
    ...numbers.shape,
    clusters: z.array(z.object({ topic: z.string().nullable(), cases: z.int(), ...numbers.shape })),
    tokens: z.int(),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .openapi("Comparison");
export type ComparisonOutput = z.infer<typeof comparisonOutput>;

export const caseOutput = z
  .object({
    position: z.int(),
    failure_id: z.uuid(),
    erased: z.boolean().openapi({ description: "The failure was erased, and with it all its texts here." }),
    unseen: z.enum(UNSEEN),
    topic: z.string().nullable(),
    status: z.enum(["open", "scored", "unscored"]),
    reason_code: z.string().nullable(),
    original_prompt: z.string().nullable(),
    agent_reply: z.string().nullable(),
    base_reply: z.string().nullable(),
    tuned_reply: z.string().nullable(),
    base_lost: z.enum(LOST_REPLIES).nullable().openapi({ description: "Why there is no reply of the base model." }),
    tuned_lost: z.enum(LOST_REPLIES).nullable(),
    base_rating: z.int().nullable(),
    tuned_rating: z.int().nullable(),
    pairwise: z.enum(PAIRWISE).openapi({ description: "How the tuned model's reply did." }),
  })
  .openapi("ComparisonCase");
export type CaseOutput = z.infer<typeof caseOutput>;

export const caseQuery = z.strictObject({ ...pageQuery });
export const casePage = pageOf(caseOutput);
