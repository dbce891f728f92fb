import type { z } from "@hono/zod-openapi";
import { isUtf8 } from "../lib/check-json.ts";
import { RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import type { AppContext } from "./app-env.ts";
import { mediaType } from "./check-body.ts";
import { readBody } from "./read-body.ts";

const FORM_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data"];

/** A page's form as it was sent. @throws RedraftError for what is no form, cannot be read, or is not UTF-8 */
export async function readFormData(c: AppContext): Promise<FormData> {
  const type = mediaType(c);
  if (!FORM_TYPES.includes(type)) throw new RedraftError("unsupported_media_type", "Send this as a form.");
  const bytes = await readBody(c);
  if (!isUtf8(bytes) || (type === FORM_TYPES[0] && !isDecodable(new TextDecoder().decode(bytes)))) {
    throw new RedraftError("invalid", "The form is not valid UTF-8.");
  }
  return c.req.formData().catch(() => {
    throw new RedraftError("invalid", "The form cannot be read.");
  });
}

/** False for escapes that are no UTF-8, which would be replaced. */
function isDecodable(encoded: string): boolean {
  try {
    decodeURIComponent(encoded);
    return true;
  } catch {
    return false;
  }
}

/**
 * The fields of a page's form, by name, trimmed. A form sends its empty fields too; they mean "not given".
 * Where a name comes more than once the last one counts.
 */
export async function readForm(c: AppContext): Promise<Record<string, string>> {
  const fields = [...(await readFormData(c))].flatMap(([name, value]) => {
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

/** A form's times have no zone; they are UTC, as the labels say. */
export function withTimes(given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(value) ? `${value}${value.length === 16 ? ":00" : ""}Z` : value,
    ]),
  );
}

function check<T extends z.ZodType>(schema: T, given: unknown, detail: string): z.infer<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new RedraftError("invalid", detail, fieldErrors(parsed.error));
}
