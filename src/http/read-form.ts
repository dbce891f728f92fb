import type { z } from "@hono/zod-openapi";
import { RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import type { AppContext } from "./app-env.ts";

/**
 * The fields of a page's form, by name, trimmed. A form sends its empty fields too; they mean "not given".
 * Where a name comes more than once the last one counts.
 */
export async function readForm(c: AppContext): Promise<Record<string, string>> {
  const fields = [...(await c.req.formData())].flatMap(([name, value]) => {
    const text = typeof value === "string" ? value.trim() : "";
    return text === "" ? [] : [[name, text] as const];
  });
  return Object.fromEntries(fields);
}

/** A form's fields, checked as the API checks its bodies. @throws RedraftError `invalid`, naming the fields */
export function checkForm<T extends z.ZodType>(schema: T, given: unknown): z.infer<T> {
  return check(schema, given, "The form is not valid.");
}

/** The query of a page with a list, checked as the API checks it. @throws RedraftError `invalid`, naming the parameters */
export function checkQuery<T extends z.ZodType>(c: AppContext, schema: T, limit: number): z.infer<T> {
  return check(schema, { limit, ...givenQuery(c) }, "This address is not valid.");
}

/** A page's query parameters. A form sends its empty fields too; they mean "any". */
export function givenQuery(c: AppContext): Record<string, string> {
  return Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));
}

function check<T extends z.ZodType>(schema: T, given: unknown, detail: string): z.infer<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new RedraftError("invalid", detail, fieldErrors(parsed.error));
}
