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

/** A form's fields or a page's query, checked as the API checks its own. @throws RedraftError `invalid`, naming them */
export function checkForm<T extends z.ZodType>(schema: T, given: unknown, what = "form"): z.infer<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new RedraftError("invalid", `The ${what} is not valid.`, fieldErrors(parsed.error));
}
