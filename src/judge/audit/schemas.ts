import { z } from "@hono/zod-openapi";
import { AUDIT_VERDICTS } from "../../db/schema/audit.ts";
import { conversation } from "../../http/fields.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";

/** Takes nothing: who calls is who rates. */
export const nextQuery = z.strictObject({});

export const auditItem = z
  .object({
    id: z.uuid(),
    customer_message: z.string(),
    conversation: conversation.nullable(),
    agent_reply: z.string().openapi({ description: "What an agent answered: one acceptable answer." }),
    first: z.string(),
    second: z.string().openapi({ description: "One of the two is the AI's old reply, the other the improved one." }),
  })
  .openapi("AuditItem");
export type AuditItem = z.infer<typeof auditItem>;

export const nextOutput = z
  .object({
    item: auditItem.nullable().openapi({ description: "null: there is nothing left that this person has not rated." }),
  })
  .openapi("AuditNext");

const personRating = z.int("must be a whole number from 1 to 5").min(1).max(5).optional();

export const labelInput = z
  .strictObject({
    better: z.enum(["first", "second", "equal", "unsure"], "must be first, second, equal or unsure").openapi({
      description: "Which reply serves the customer better. `unsure`: cannot tell; then without ratings.",
    }),
    first: personRating.openapi({ description: "1 (useless or wrong) to 5 (nothing to add)." }),
    second: personRating,
  })
  .refine(({ better, first, second }) => better === "unsure" || (first !== undefined && second !== undefined), {
    path: ["first"],
    error: "rate both replies from 1 to 5",
  })
  .refine(({ better, first, second }) => better === "unsure" || agrees(better, first ?? 0, second ?? 0), {
    path: ["better"],
    error: "does not fit the ratings: the reply with the lower rating cannot be the better one, nor equal",
  })
  .openapi("AuditLabelInput");
export type LabelInput = z.infer<typeof labelInput>;

/** Of two replies with the same rating one may still be the better. */
function agrees(better: "first" | "second" | "equal", first: number, second: number): boolean {
  if (first === second) return true;
  return better === (first > second ? "first" : "second");
}

export const labelCreated = z.object({ id: z.uuid() }).openapi("AuditLabelCreated");

const personsRating = z.int().nullable();

export const labelOutput = z
  .object({
    id: z.uuid(),
    item_id: z.uuid(),
    improvement_id: z.uuid(),
    draw: z.int(),
    inclusion_probability: z.number().openapi({ description: "Of the item, in the draw that took it." }),
    old_rating: personsRating.openapi({ description: "1 to 5; null: could not tell." }),
    new_rating: personsRating,
    better: z.enum(AUDIT_VERDICTS).nullable(),
    seen_first: z.enum(["old", "new"]),
    judge_gain: z.int().nullable(),
    reviewer: z.string().openapi({ description: "Who rated: a person's e-mail address, or a key's name." }),
    created_at: z.iso.datetime(),
  })
  .openapi("AuditLabel");
export type LabelOutput = z.infer<typeof labelOutput>;

export const labelQuery = z.strictObject(pageQuery);
export type LabelQuery = z.infer<typeof labelQuery>;
export const labelPage = pageOf(labelOutput);

const points = z.object({
  value: z.number(),
  standard_error: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.int().openapi({ description: "Items that people rated." }),
});

const share = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number() });

const right = z.object({ n: z.int(), share: z.number().nullable() });

export const auditOutput = z
  .object({
    population: z.int().openapi({
      description: "Improvements whose gain counts: current, scored, neither rejected nor edited.",
    }),
    covered: z.int().openapi({ description: "Of these, those that a draw with ratings could have taken." }),
    drawn: z.int().openapi({ description: "Items that were drawn and are still in the population." }),
    rated: z.int().openapi({ description: "Of these, the ones that at least one person rated." }),
    unsure: z.int().openapi({ description: "Those of which people could not tell, and nobody could." }),
    people: z.int(),
    gain: z
      .object({
        judge: z.object({ value: z.number(), n: z.int() }).nullable().openapi({
          description:
            "The judge alone: the mean of all its gains. What it may be wrong by is not chance, so it has no interval.",
        }),
        people: points.nullable().openapi({ description: "People alone, 1 to 5 counted as 0 to 100." }),
        prediction_powered: points
          .extend({ lambda: z.number().openapi({ description: "How far the judge is followed, 0 to 1." }) })
          .nullable()
          .openapi({ description: "The judge's gains, corrected by people's (PPI++)." }),
      })
      .openapi({
        description:
          "Mean gain in points of 100, three ways. `low` and `high` come from ten rated items on and are those of a 95% confidence sequence: they may be looked at at any time.",
      }),
    share_better: z
      .object({
        judge: z.number().nullable(),
        judge_right: z.object({ where_better: right, where_not: right }),
        corrected: share.nullable().openapi({ description: "Rogan and Gladen, 95% interval for one look." }),
      })
      .openapi({ description: "Which share of the improved replies is better than the old one." }),
    agreement: z
      .object({
        items: z.int().openapi({ description: "Items that two people rated." }),
        alpha: share.nullable().openapi({
          description:
            "Krippendorff's alpha of which reply is better: 1 full agreement, 0 chance. 95% interval for one look, from ten items on.",
        }),
      })
      .openapi({ description: "How far people agree with each other." }),
    concludes: z.boolean(),
    conclusion: z.string(),
  })
  .openapi("Audit");
export type AuditOutput = z.infer<typeof auditOutput>;
