import { z } from "@hono/zod-openapi";

/** A JSON body that a call cannot do without. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true as const, content: { "application/json": { schema } } };
}

/** An answer in JSON. */
export function jsonAnswer<T extends z.ZodType>(description: string, schema: T) {
  return { description, content: { "application/json": { schema } } };
}

/** `{id}` in a path. @param what whose id it is: "a run's" */
export function idParam(what: string) {
  return z.object({ id: z.uuid(`must be ${what} id`) });
}
