import { z } from "zod";
import { textWithoutPersonalData } from "../guards/without-personal-data.ts";
import { blankKeys } from "../lib/blank-keys.ts";
import { excerpt } from "../lib/text.ts";

/** The longest message of a provider that is kept. */
const MESSAGE_LENGTH = 400;

const LONGEST_NAME = 300;

/** More steps than any job takes; a loss of a model that learned nothing is about 12. */
const [MOST_STEPS, MOST_LOSS] = [1e9, 1e6];

/** A trillion times a sentence: beyond what anybody trains on. */
const MOST_TRAINED_TOKENS = 1e14;

/** The year 5138, in seconds: what comes later is no time. */
const LATEST = 1e11;

/** As many as are asked for at once. */
const [MOST_EVENTS, MOST_JOBS, MOST_FILES] = [100, 50, 10_000];

/** Short and plain, since it becomes part of addresses: no dots alone, no slashes, no spaces. */
const id = z.string().regex(/^\w[\w.:-]{0,199}$/);

/** A model's name: whatever a provider calls it, on one line. */
const name = z
  .string()
  .min(1)
  .max(LONGEST_NAME)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text))
  .nullable()
  .catch(null);

/** JSON holds 1e300 and -5 as well as any number; stored, they would make nonsense of sums and pages. */
const count = (most: number) => z.int().min(0).max(most).nullable().catch(null);
const step = count(MOST_STEPS);
const loss = z.number().min(0).max(MOST_LOSS).nullable().catch(null);

/** Shows a provider's words, which may quote a line of the file or repeat a key. */
export function toldBy(keys: readonly string[]): (words: string) => string {
  return (words) => excerpt(textWithoutPersonalData(blankKeys(words, keys)), MESSAGE_LENGTH);
}

/**
 * The answers of OpenAI's fine-tuning API. Words and numbers that a provider may leave out, may send as something else
 * one day, or that make no sense, count as not told.
 * @param keys what a message is not to repeat
 */
export function answersOf(keys: readonly string[]) {
  const told = toldBy(keys);
  const created = z.object({ id });
  const newId = created.transform(({ id }) => id);
  const job = created.extend({
    status: z
      .string()
      .min(1)
      .transform((status) => excerpt(status, 100))
      .catch("unknown"),
    fine_tuned_model: name,
    trained_tokens: count(MOST_TRAINED_TOKENS),
    error: z
      .object({ message: z.string().min(1).transform(told).nullable().catch(null) })
      .nullable()
      .catch(null),
    metadata: z.record(z.string(), z.unknown()).nullable().catch(null),
  });
  return {
    newId,
    fileId: z.object({ file: newId }).transform(({ file }) => file),
    job,
    jobs: listOf(job, MOST_JOBS),
    files: listOf(created.extend({ filename: name }), MOST_FILES),
    events: listOf(
      z.object({
        created_at: z.number().min(0).max(LATEST).catch(0),
        level: z.string().min(1).max(20).catch("info"),
        message: z.string().catch("").transform(told),
        data: z
          .object({ step, train_loss: loss, valid_loss: loss, full_valid_loss: loss })
          .partial()
          .nullish()
          .catch(null),
      }),
      MOST_EVENTS,
    ),
  };
}

const listOf = <T extends z.ZodType>(item: T, most: number) =>
  z
    .object({ data: z.array(item).nullish(), has_more: z.boolean().nullish().catch(null) })
    .transform(({ data, has_more }) => ({ data: data?.slice(0, most), has_more }));

export type ProviderEvent = NonNullable<z.infer<ReturnType<typeof answersOf>["events"]>["data"]>[number];
