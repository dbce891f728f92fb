import { z } from "@hono/zod-openapi";
import { CONTROL_STATUSES } from "../db/schema/judge.ts";
import { auditOutput } from "./audit/schemas.ts";

/** A control costs four model calls a failure; one invocation has time for this many failures. */
const MOST_SAMPLED = 100;
export const DEFAULT_SAMPLE = 30;

export const controlsInput = z
  .strictObject({
    sample: z.coerce.number().int().min(1).max(MOST_SAMPLED).default(DEFAULT_SAMPLE).openapi({
      description: "How many failures, drawn at random; each costs four judge calls.",
    }),
  })
  .openapi("ControlsInput");

export const controlsCreated = z.object({ id: z.uuid(), sample: z.int() }).openapi("ControlsCreated");

const estimate = z
  .object({ value: z.number(), low: z.number(), high: z.number(), n: z.int() })
  .openapi("Estimate", { description: "With its 95% confidence interval." });

const controlled = estimate.nullable();

export const calibrationOutput = z
  .object({
    judge_model: z.string(),
    people: z
      .object({
        n: z.int(),
        spearman: controlled.openapi({ description: "Rank correlation of the judge's rating and a person's." }),
        mean_difference: controlled.openapi({
          description: "Judge minus person, in points of 100; a person's 1 to 5 counts as 0 to 100.",
        }),
      })
      .openapi({ description: "Old replies that a person rated (`ai_rating`) and this judge too." }),
    controls: z
      .object({
        id: z.uuid(),
        status: z.enum(CONTROL_STATUSES),
        error: z.string().nullable(),
        judge_model: z.string(),
        sample: z.int(),
        rated: z.int(),
        agent_against_itself: controlled.openapi({ description: "The ceiling: what a rewrite can be rated." }),
        old_against_old: controlled.openapi({
          description: "The same reply rated again; must be 0 within its interval.",
        }),
        padded_old: controlled.openapi({ description: "The old reply with empty words added; should not rise." }),
        created_at: z.iso.datetime(),
        finished_at: z.iso.datetime().nullable(),
      })
      .nullable()
      .openapi({ description: "The latest run of the controls." }),
    audit: auditOutput.openapi({ description: "The gain corrected by people, who rated a random sample, blind." }),
    meaning: z.string(),
  })
  .openapi("JudgeCalibration");
export type Calibration = z.infer<typeof calibrationOutput>;
