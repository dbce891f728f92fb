import { z } from "@hono/zod-openapi";

const settingOutput = z
  .object({
    name: z.string(),
    secret: z.boolean(),
    set: z.boolean().openapi({ description: "Whether it has a value, by default or otherwise." }),
    value: z.string().nullable().openapi({ description: "In force; null for a secret and for none." }),
    set_by: z.enum(["var", "secret", "default"]),
    default: z.string().nullable(),
    meaning: z.string(),
  })
  .openapi("Setting");
export type SettingOutput = z.infer<typeof settingOutput>;

export const settingsOutput = z
  .object({
    models: z.object({ rewriting: z.string(), judge: z.string(), bot: z.string() }),
    tokens: z.object({
      used_today: z.int().openapi({ description: "Since midnight, UTC." }),
      daily_budget: z.int().nullable(),
    }),
    retention: z
      .object({ failure_days: z.int().nullable(), export_days: z.int().nullable() })
      .openapi({ description: "Null: kept until somebody deletes them." }),
    settings: z.array(settingOutput),
  })
  .openapi("Settings");
export type SettingsOutput = z.infer<typeof settingsOutput>;

const time = z.iso.datetime();

const paceOutput = z.object({
  model: z.string(),
  calls_per_minute: z.int(),
  tokens_per_minute: z.int().nullable().openapi({ description: "Null: no limit is known." }),
  source: z.enum(["set", "stated", "learned"]),
  in_flight: z.int(),
  waiting: z.int().openapi({ description: "Calls that wait for their turn, about." }),
  paused_until: time.nullable(),
});

const storedOutput = z.object({
  corrections: z
    .object({ waiting: z.object({ code: z.string(), reason: z.string(), until: time }).nullable() })
    .openapi({ description: "Why none may begin at the moment, where the model or the day's budget is the reason." }),
  queues: z.object({
    oldest_due_job: z.object({ kind: z.string(), due_at: time }).nullable(),
    dead_letters: z.int().openapi({ description: "Messages that no consumer could deal with, not sent again yet." }),
  }),
  router: z.object({
    version: z.string().nullable(),
    topics: z.int(),
    trained_at: time.nullable(),
    forget_by: time.nullable().openapi({ description: "It is to be trained again by then, without what was erased." }),
  }),
  sweep: z
    .object({ at: time, failed: z.array(z.string()) })
    .nullable()
    .openapi({ description: "The last one, and the kinds of job whose part of it failed; null: none yet." }),
});
/** What the database says. */
export type StoredHealth = z.infer<typeof storedOutput>;

export const healthOutput = z
  .object({
    status: z.enum(["ok", "attention"]).openapi({ description: "`attention`: somebody should look at `problems`." }),
    problems: z.array(z.string()),
    at: time,
    database: z.object({
      answers: z
        .boolean()
        .openapi({ description: "Without it `corrections`, `queues`, `router` and `sweep` are left out." }),
      ms: z.int().openapi({ description: "How long it was waited for." }),
      bytes: z.int().nullable().openapi({ description: "Its size, where it says so." }),
    }),
    pace: z
      .array(paceOutput)
      .openapi({ description: "Of each model that corrects; left out where it is not reached." }),
  })
  .extend(storedOutput.partial().shape)
  .openapi("Health");
export type HealthOutput = z.infer<typeof healthOutput>;
