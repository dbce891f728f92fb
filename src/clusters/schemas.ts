import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../http/pagination.ts";

export const clusterQuery = z.strictObject(pageQuery);
export type ClusterQuery = z.infer<typeof clusterQuery>;

const time = z.iso.datetime().nullable();

export const clusterRow = z
  .object({ topic: z.string(), failures: z.int(), last_failure_at: time })
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
    guidance: z.array(z.object({ failure_category: z.string().nullable(), text: z.string() })),
    examples: z.array(z.object({ customer_message: z.string(), reply: z.string(), score_gain_estimate: z.int() })),
    first_failure_at: time,
    last_failure_at: time,
    trend: z.array(z.object({ day: z.iso.date(), failures: z.int() })).openapi({ description: "The last 30 days." }),
    version: z.int(),
    refreshed_at: z.iso.datetime(),
  })
  .openapi("Cluster");
export type ClusterDetail = z.infer<typeof clusterDetail>;

export const categoryList = z.object({
  data: z.array(z.object({ failure_category: z.string(), failures: z.int() })),
  next_cursor: z.null(),
});
