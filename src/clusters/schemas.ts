import { z } from "@hono/zod-openapi";
import { lessonEffect, lift } from "../experiments/schemas.ts";
import { failureCategory, topic } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { CLUSTER_STATES } from "./cluster-state.ts";

export const clusterQuery = z.strictObject(pageQuery);
export type ClusterQuery = z.infer<typeof clusterQuery>;

const time = z.iso.datetime().nullable();

const health = {
  state: z.enum(CLUSTER_STATES).openapi({
    description: "quiet: no failure for 14 days; reopened: it failed again after being quiet.",
  }),
  jump: z.boolean().openapi({ description: "More failures in the last 7 days than its own past explains." }),
};

export const reopenedOutput = z
  .object({
    topic: z.string(),
    quiet_since: z.iso.datetime().openapi({ description: "Its last failure before it was quiet." }),
    at: z.iso.datetime().openapi({ description: "The first failure after that." }),
    why: z.array(
      z.object({
        failure_category: z.string().nullable(),
        failures: z.int().openapi({ description: "Of this category, since it was reopened." }),
        lesson: z.object({ id: z.uuid(), text: z.string() }).nullable().openapi({
          description: "The one served then that should have prevented them; null: none was against this category.",
        }),
      }),
    ),
  })
  .openapi("Reopened");
export type ReopenedOutput = z.infer<typeof reopenedOutput>;

const trend = z
  .array(z.object({ day: z.iso.date(), failures: z.int() }))
  .openapi({ description: "The last 30 days; days without a failure are left out." });

const clusterRow = z
  .object({
    topic: z.string(),
    failures: z.int(),
    top_failure_category: z.string().nullable().openapi({ description: "Why it fails most often." }),
    last_failure_at: time,
    trend,
    ...health,
  })
  .openapi("ClusterRow");
export type ClusterRow = z.infer<typeof clusterRow>;

export const clusterPage = pageOf(clusterRow);

export const categoryShare = z
  .object({
    failure_category: z.string(),
    count: z.int(),
    share: z.number().openapi({ description: "Of the cluster's failures that have a category, 0 to 1." }),
    lift: z.number().openapi({
      description:
        "Share, shrunk towards the average where counts are small, over the average share. Above 1: more than others.",
    }),
  })
  .openapi("CategoryShare");

export const clusterDetail = z
  .object({
    topic: z.string(),
    failures: z.int(),
    improved: z.int(),
    mean_gain: z.number().nullable(),
    failure_categories: z.array(categoryShare),
    ...health,
    reopened: reopenedOutput.nullable().openapi({ description: "Null unless its state is reopened." }),
    guidance: z
      .array(
        z.object({
          id: z.uuid().nullable().openapi({ description: "Null: a failure's explanation, used as it is." }),
          failure_category: z.string().nullable(),
          text: z.string(),
          pinned: z.boolean(),
          source: z.enum(["model", "person"]).nullable(),
          evidence: z.array(z.string()).openapi({ description: "Ids of the failures it was learned from." }),
          effect: lessonEffect
            .nullable()
            .openapi({ description: "What it does; null where it is never left out, or nothing failed with it yet." }),
        }),
      )
      .openapi({ description: "The lessons that prompts get." }),
    waiting: z
      .array(
        z.object({
          id: z.uuid(),
          failure_category: z.string().nullable(),
          text: z.string(),
          evidence: z.array(z.string()).openapi({ description: "Ids of the failures it was learned from." }),
          customers: z
            .int()
            .openapi({ description: "Different customers whose failures bear it out, as far as kept." }),
          waits_for: z.enum(["evidence", "approval", "place"]).openapi({
            description: "A second customer's failure or a person; a person; or one of the 12 places.",
          }),
        }),
      )
      .openapi({ description: "Lessons that no prompt gets yet." }),
    lessons_refused: z.int().openapi({
      description: "Lessons of the model's that were refused because of what they held: links, contacts, commands…",
    }),
    guidance_version: z.int(),
    guidance_switched_off: z.boolean().openapi({
      description: "It does harm: prompts go out plain, but for one conversation in ten, to see when that changes.",
    }),
    lift,
    changes: z.array(
      z.object({
        kind: z.enum(["rename", "merge", "split", "switched_off", "switched_on", "lesson_retired"]),
        detail: z.record(z.string(), z.union([z.string(), z.number()])),
        actor: z.string(),
        at: z.iso.datetime(),
      }),
    ),
    examples: z.array(z.object({ customer_message: z.string(), reply: z.string(), score_gain_estimate: z.int() })),
    first_failure_at: time,
    last_failure_at: time,
    trend,
    version: z.int(),
    refreshed_at: z.iso.datetime(),
  })
  .openapi("Cluster");
export type ClusterDetail = z.infer<typeof clusterDetail>;

export const categoryList = z.object({
  data: z.array(z.object({ failure_category: z.string(), failures: z.int() })),
  next_cursor: z.null(),
});

export const renameInput = z.strictObject({ topic }).openapi("RenameInput");
export const mergeInput = z.strictObject({ into: topic }).openapi("MergeInput");

const MAX_NAMED = 1_000;

export const splitInput = z
  .strictObject({
    into: topic,
    failure_ids: z.array(z.uuid()).min(1).max(MAX_NAMED, `names more than ${MAX_NAMED}`).optional(),
    failure_category: failureCategory.optional(),
  })
  .refine((given) => (given.failure_ids === undefined) !== (given.failure_category === undefined), {
    path: ["failure_ids"],
    error: "is required, or failure_category; not both",
  })
  .openapi("SplitInput");
export type SplitInput = z.infer<typeof splitInput>;
