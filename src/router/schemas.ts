import { z } from "@hono/zod-openapi";

export const routerOutput = z
  .object({
    version: z.string().nullable(),
    topics: z.int(),
    examples: z.int().openapi({ description: "Distinct messages it learned from." }),
    bytes: z.int(),
    training_ms: z.int(),
    trained_at: z.iso.datetime().nullable(),
    failures_since: z.int().openapi({ description: "Failures with a topic recorded since." }),
    training_requested: z.boolean(),
    forget_by: z.iso.datetime().nullable().openapi({
      description: "A failure it learned from was erased: it is trained again by then.",
    }),
  })
  .openapi("Router");
