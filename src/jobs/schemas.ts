import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../http/pagination.ts";

const deadLetterOutput = z
  .object({
    id: z.uuid(),
    queue: z.enum(["corrections", "jobs"]),
    body: z.unknown(),
    error: z.string(),
    created_at: z.iso.datetime(),
    replayed_at: z.iso.datetime().nullable(),
  })
  .openapi("DeadLetter");
export type DeadLetterOutput = z.infer<typeof deadLetterOutput>;

export const deadLetterQuery = z.strictObject({
  ...pageQuery,
  replayed: z.stringbool().default(false).openapi({ type: "boolean", description: "Also those that were replayed." }),
});
export type DeadLetterQuery = z.infer<typeof deadLetterQuery>;
export const deadLetterPage = pageOf(deadLetterOutput);
