import { z } from "@hono/zod-openapi";
import { reopenedOutput } from "../clusters/schemas.ts";
import { filterTime, topic } from "../http/fields.ts";

export const learningQuery = z.strictObject({
  topic: topic.optional().openapi({ description: "One type of query. Default: all." }),
  since: filterTime.optional().openapi({
    description: "From the week of this time on, at most 26 weeks back. Default: 13 weeks, this one included.",
  }),
});
export type LearningQuery = z.infer<typeof learningQuery>;

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable();
const monday = z.iso.date().openapi({ description: "The Monday it begins with, UTC." });

const week = z
  .object({
    week: monday,
    over: z.boolean(),
    settled: z.boolean().openapi({
      description: "It is over, and nine of ten failures are recorded by now, if they come as late as the newest did.",
    }),
    failures: z.int().openapi({ description: "By `occurred_at`; those withdrawn are left out, those erased count." }),
    prompts: z.int().nullable().openapi({ description: "Prompts asked for. Null: none was counted, so not known." }),
    prompts_from: z.iso.date().nullable().openapi({
      description: "The day on which counting began, if within this week: the rate is of what failed from then on.",
    }),
    failures_per_1000_prompts: estimate.openapi({
      description: "With a 95% interval that allows for failures that come in bunches. Null: no prompt was counted.",
    }),
    outcomes: z.int().openapi({ description: "Outcomes reported of prompts that were asked for in this week." }),
    changed_share: estimate.openapi({
      description:
        "Of these, the share that failed: agents changed the reply. 95% interval (Wilson). Null: none reported, or never one that did not fail.",
    }),
    recurrences: z.int().openapi({
      description: "Failures while a lesson against their very category, of their cluster, was served.",
    }),
    recurrences_without_lesson: z.int().openapi({
      description: "Of these, those whose prompt is known to have gone out without the lesson, such as held-out ones.",
    }),
  })
  .openapi("LearningWeek");
export type LearningWeek = z.infer<typeof week>;

const release = z
  .object({
    at: z.iso.datetime(),
    kind: z.enum(["lessons", "correction_model", "bot_model"]),
    topic: z.string().nullable().openapi({ description: "Of lessons: whose." }),
    lessons_added: z.int().nullable(),
    lessons_retired: z.int().nullable(),
    model: z
      .string()
      .nullable()
      .openapi({ description: "From then on; null for lessons, and where the bot went back to its default." }),
    before: z
      .string()
      .nullable()
      .openapi({ description: "The model before; null for lessons, and where it was the bot's default." }),
  })
  .openapi("Release");
export type Release = z.infer<typeof release>;

export const learningOutput = z
  .object({
    topic: z.string().nullable(),
    since: z.iso.datetime(),
    weeks: z.array(week).openapi({ description: "Oldest first; the last is this week." }),
    releases: z.array(release).openapi({ description: "What changed, newest first, at most 500." }),
    releases_left_off: z.boolean(),
    reopened: z.array(reopenedOutput).openapi({
      description: "Clusters that failed again after 14 quiet days, within the last 14; newest first, at most 20.",
    }),
    recurring: z
      .array(z.object({ topic: z.string(), recurrences: z.int(), recurrences_without_lesson: z.int() }))
      .openapi({ description: "The topics with most recurrences in these weeks, at most 20." }),
    late_days: z.number().nullable().openapi({
      description: "Nine of ten failures were recorded within so many days of when they occurred, imports aside.",
    }),
    bunching: z
      .number()
      .openapi({ description: "How many times more failures scatter because one customer has several; 1: not more." }),
  })
  .openapi("Learning");
export type Learning = z.infer<typeof learningOutput>;
