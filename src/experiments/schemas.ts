import { z } from "@hono/zod-openapi";

const side = z.object({ conversations: z.int(), failed: z.int() });
const bound = z.number().nullable();

/** A relative risk with its interval. */
const risk = {
  relative_risk: bound.openapi({
    description:
      "How likely a conversation is to fail with it, compared with without: below 1 it helps. Null: unknown, or no one " +
      "number explains what was seen under different shares left out.",
  }),
  low: bound.openapi({ description: "Of its 95% confidence sequence, which holds however often it is looked at." }),
  high: bound.openapi({ description: "Null where it is open." }),
  more_failures: z.int().nullable().openapi({
    description:
      "About how many more failed conversations until it is known, if they go on like this; null: no telling.",
  }),
};

export const lift = z
  .object({
    verdict: z.enum(["helps", "harms", "not_known", "split_failed"]).openapi({
      description:
        "By the failures alone: were guidance to change nothing, each failed conversation would be a held-out one with " +
        "the probability it had to be. `split_failed`: too many or too few were held out, so nothing may be concluded.",
    }),
    failed: z.object({ guided: z.int(), plain: z.int() }).openapi({
      description: "Conversations with a failure, each once; plain: held out, there was guidance and it was not given.",
    }),
    ...risk,
    p_value: z.number(),
    not_told_apart: z.int().openapi({
      description:
        "Of the failed conversations, those without a conversation_id and with an opening that others share: all that " +
        "begin alike count as one. Guidance is never switched because of them.",
    }),
    split: z
      .object({ conversations: z.int(), plain: z.int(), expected: z.number(), p_value: z.number(), holds: z.boolean() })
      .openapi({
        description:
          "Conversations that began, how many were held out, and how many should have been. `p_value` allows for " +
          "each having been counted three times, by as many isolates.",
      }),
    reported: z.object({ guided: side, plain: side }).openapi({
      description: "Conversations whose outcome was reported to POST /v1/outcomes, failed or not.",
    }),
    rate_difference: z
      .object({ value: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .openapi({
        description:
          "Share of reported conversations that failed, guided less plain, with its 95% asymptotic confidence sequence; " +
          "null until 20 of each side failed and 20 did not.",
      }),
  })
  .openapi("Lift");
export type LiftOutput = z.infer<typeof lift>;

export const lessonEffect = z
  .object({
    finding: z.enum(["helps", "harms", "not_known"]).openapi({
      description: "Shown with at most 5% false findings among all lessons (e-BH). One shown to harm is retired.",
    }),
    failures: z.int().openapi({ description: "Failed conversations that it was for and that can be told apart." }),
    left_out: z.int().openapi({ description: "Of these, those that did without it by chance." }),
    ...risk,
  })
  .openapi("LessonEffect");
export type LessonEffectOutput = z.infer<typeof lessonEffect>;
