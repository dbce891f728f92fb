import { z } from "@hono/zod-openapi";
import { textWithoutPersonalData } from "../guards/without-personal-data.ts";
import { label, storable } from "../lib/text.ts";

/*
 * Fields that several calls take. What is stored of a text and a name is decided here, once.
 */

/** A text of somebody's, kept as it was written. */
export const text = (max: number) =>
  z
    .string()
    .max(max, `is longer than ${max} characters`)
    .refine((value) => value.trim() !== "", "is empty")
    .transform(storable);

/** A name or label: one line, one spelling of each character. */
export const name = (max: number) =>
  z
    .string()
    .max(max, `is longer than ${max} characters`)
    .transform(label)
    .refine((value) => value !== "", "is empty")
    // Its one spelling may be longer than the one that was sent.
    .refine((value) => value.length <= max, `is longer than ${max} characters`);

/** A name that many failures share, and that prompts, files and pages show: it holds no personal data. */
const sharedName = (max: number) =>
  name(max)
    .transform((value) => textWithoutPersonalData(value))
    // Placeholders may be longer than what they stand for.
    .refine((value) => value.length <= max, `is longer than ${max} characters`);

export const MAX_TOPIC = 200;
export const MAX_CATEGORY = 100;

/** It stands in addresses, where a lone dot or two mean a folder. */
export const topic = sharedName(MAX_TOPIC).refine((value) => !/^\.{1,2}$/.test(value), "is no name");
export const failureCategory = sharedName(MAX_CATEGORY);

/** One reply or message of a customer, an AI or an agent. */
export const MAX_MESSAGE = 50_000;

const MAX_TURNS = 200;
const MAX_CONVERSATION = 200_000;

/** Earlier turns of a conversation, oldest first. */
export const conversation = z
  .array(
    z.strictObject({ role: z.enum(["user", "assistant"], "must be user or assistant"), content: text(MAX_MESSAGE) }),
  )
  .max(MAX_TURNS, `has more than ${MAX_TURNS} turns`)
  .refine(
    (turns) => turns.reduce((sum, { content }) => sum + content.length, 0) <= MAX_CONVERSATION,
    `is longer than ${MAX_CONVERSATION} characters`,
  );

const [FIRST_TIME, LAST_TIME] = [Date.parse("0000-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59.999Z")];

/** Its offset may take a time out of the years that RFC 3339 writes. What is no time at all is refused as that. */
function hasFourDigitYear(value: string): boolean {
  const at = Date.parse(value);
  return !(at < FIRST_TIME || at > LAST_TIME);
}

export const time = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)" })
  .refine(hasFourDigitYear, "must lie in the years 0000 to 9999, UTC")
  .openapi({ format: "date-time" });

/** A time in a filter, as milliseconds. */
export const filterTime = time.transform((value) => Date.parse(value));

/** Filters by what kind of failure it is. */
export const kindFilter = { failure_category: failureCategory.optional(), topic: topic.optional() };
