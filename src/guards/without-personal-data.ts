import { mayHoldPersonalData } from "./may-hold-personal-data.ts";
import { PLACEHOLDER } from "./personal-data/kinds.ts";
import { type Redaction, redact } from "./personal-data.ts";

/*
 * The one way for texts out of the failure they belong to: into other customers' prompts, lessons, files, the router,
 * and what all failures share.
 */

const NOTHING: Pick<Redaction, "found" | "values"> = { found: [], values: new Map() };

/**
 * Texts of one failure as they may leave it: placeholders in place of personal data, the same value with the same
 * placeholder in all of them.
 * @param names those known from the failure's metadata
 */
export function withoutPersonalData(texts: readonly string[], names?: readonly string[] | null): Redaction {
  const known = names ?? [];
  if (!texts.some((text) => mayHoldPersonalData(text, known))) return { texts: [...texts], ...NOTHING };
  return redact(texts, { names: known });
}

/** One text that belongs to no failure any more, or to nobody yet: a label, a provider's words. */
export function textWithoutPersonalData(text: string, names?: readonly string[] | null): string {
  return withoutPersonalData([text], names).texts[0] ?? "";
}

type Turns = readonly { content: string }[];

/** Names of the fields that hold a text, or turns of a conversation. */
type TextField<T> = { [K in keyof T]: T[K] extends string | Turns | null | undefined ? K : never }[keyof T];

/**
 * A record of a failure's texts as it may leave the failure.
 * @param fields those that hold its texts
 * @returns the record with placeholders in them, and what each stands for
 */
export function recordWithoutPersonalData<T extends object>(
  record: T,
  fields: TextField<T>[],
  names?: readonly string[] | null,
): { record: T; values: Redaction["values"] } {
  const given = fields.map((field) => record[field] as string | Turns | null | undefined);
  const { texts, values } = withoutPersonalData(given.flatMap(textsOf), names);
  let next = 0;
  const changed = given.map((value) => {
    if (typeof value === "string") return texts[next++];
    return value?.map((turn) => ({ ...turn, content: texts[next++] ?? "" })) ?? value;
  });
  return { record: { ...record, ...Object.fromEntries(fields.map((field, i) => [field, changed[i]])) }, values };
}

function textsOf(value: string | Turns | null | undefined): string[] {
  return typeof value === "string" ? [value] : (value ?? []).map(({ content }) => content);
}

/** Puts back what placeholders stand for; those that were never set stay. */
export function withPersonalData(text: string, values: Redaction["values"]): string {
  return values.size === 0 ? text : text.replace(PLACEHOLDER, (placeholder) => values.get(placeholder) ?? placeholder);
}

/** Placeholders of other failures, which mean nothing here: without their numbers they are nobody's. */
export function withoutNumbers(text: string): string {
  return text.replace(PLACEHOLDER, "[$1]");
}
