import { z } from "zod";
import { readRoleRules } from "./lib/access-roles.ts";
import { isWebhookSecret } from "./lib/standard-webhooks.ts";

/** True for addresses that only this machine can reach, where plain http and no key are fine. */
export function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(url.hostname);
}

const baseUrl = z
  .url()
  .refine((value) => new URL(value).protocol === "https:" || isLoopback(new URL(value)), {
    error: "must be https, unless it is this machine (localhost, 127.0.0.1, [::1])",
  })
  .transform((value) => value.replace(/\/+$/, ""));

const whole = z.coerce.number().int();

/**
 * Every setting. Vars come from `wrangler.toml` or `--var NAME:VALUE`, secrets from `wrangler secret put`,
 * and both from `.dev.vars` locally. Changing what a setting means starts here.
 */
const settings = z.object({
  /** Secret, at least 32 characters. Opens everything, makes the first key, and signs cookies and links. */
  ADMIN_KEY: z.string().min(32, "must be at least 32 characters"),
  /** "true": ADMIN_KEY opens nothing, as long as a key with the scope `admin` does. */
  ADMIN_KEY_OFF: z.stringbool().default(false),
  /**
   * The team's domain at Cloudflare Access, such as `example.cloudflareaccess.com`: whose tokens are taken for people.
   * Where Access protects the Worker itself, and not a host name, the runtime names the person, and this is not needed.
   */
  ACCESS_TEAM_DOMAIN: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, "must be a domain such as example.cloudflareaccess.com")
    .toLowerCase()
    .optional(),
  /** The audience tag (AUD) of the Access application; several, separated by spaces. Without it nobody comes in by Access. */
  ACCESS_AUDIENCE: z
    .string()
    .default("")
    .transform((value) => value.split(/[\s,]+/).filter((tag) => tag !== "")),
  /**
   * Who is viewer (reads), reviewer (reads and reviews) or admin, of those whom Access lets in; the highest role counts:
   * `ada@example.com=admin, @example.com=viewer, group:Support leads=reviewer, *=viewer`. Nobody else comes in.
   */
  ACCESS_ROLES: z
    .string()
    .default("*=viewer")
    .transform(readRoleRules)
    .refine((rules) => rules !== null, "must be rules such as ada@example.com=admin, group:Support leads=reviewer"),
  /** Secret. The key of the model's server; not needed where the server asks for none. */
  OPENAI_API_KEY: z.string().default(""),
  /** Any server that speaks OpenAI's Chat Completions: AI Gateway, Workers AI, vLLM, Ollama… */
  OPENAI_BASE_URL: baseUrl.default("https://api.openai.com/v1"),
  /** The model that rewrites. */
  CORRECTION_MODEL: z.string().min(1).default("gpt-6-luna"),
  /** The model that rates. Another family than the one that rewrites is better: models favour their own text. */
  JUDGE_MODEL: z.string().min(1).default("gpt-6-luna"),
  /** How often each reply is rated; the ratings are averaged. */
  JUDGE_SAMPLES: whole.min(1).max(9).default(1),
  /** "true": a recorded failure is corrected at once. Otherwise corrections wait for a run. */
  AUTO_CORRECT: z.stringbool().default(false),
  /** Tokens that corrections, lessons and the judge's controls may use per day (UTC); beyond it they wait for the next day. 0: no limit. */
  DAILY_TOKEN_BUDGET: whole.min(0).default(0),
  /** Model calls a minute that the provider allows, for each model; 0: found out from what it answers. */
  MODEL_REQUESTS_PER_MINUTE: whole.min(0).default(0),
  /** Tokens a minute that the provider allows, for each model; 0: found out from what it answers. */
  MODEL_TOKENS_PER_MINUTE: whole.min(0).default(0),
  /** An improvement must gain at least this many points to go into a training file. */
  MIN_EXPORT_GAIN: whole.min(-100).max(100).default(1),
  /** "false": personal data found while a training file is written stays in it and is only counted. */
  REDACT_EXPORTS: z.stringbool().default(true),
  /** "true": models see placeholders in place of personal data; what they stand for is put back into what is stored. */
  REDACT_MODEL_INPUT: z.stringbool().default(false),
  /** The provider's price for a million training tokens; the manifest then gives the cost of an epoch. */
  TRAINING_PRICE_PER_MILLION_TOKENS: z.coerce.number().min(0).optional(),
  /** Days after which a finished export is deleted; 0 keeps it. */
  EXPORT_RETENTION_DAYS: whole.min(0).default(0),
  /** Days after which a failure is erased everywhere it went, counted from when it was recorded; 0 keeps it. */
  FAILURE_RETENTION_DAYS: whole.min(0).default(0),
  /** Days after which an entry of the audit log is removed; 0 keeps it. */
  AUDIT_LOG_RETENTION_DAYS: whole.min(0).default(400),
  /** Any service with OpenAI's fine-tuning API. */
  FINE_TUNE_BASE_URL: baseUrl.default("https://api.openai.com/v1"),
  /** Secret. Its key; without it OPENAI_API_KEY is used where both addresses are the same. */
  FINE_TUNE_API_KEY: z.string().default(""),
  /**
   * Secret. Signs the provider's webhooks about fine-tuning jobs (`whsec_…`); several, separated by spaces, while one
   * is being replaced. Without it webhooks are refused; job status is polled every 30 seconds either way.
   */
  FINE_TUNE_WEBHOOK_SECRET: z
    .string()
    .default("")
    .transform((value) => value.split(/[\s,]+/).filter((secret) => secret !== ""))
    .refine((secrets) => secrets.every(isWebhookSecret), "must be a secret such as whsec_…, or several, with spaces"),
  /** The model that answers as `redraft` in chat requests while no tuned model is set; default: CORRECTION_MODEL. */
  BOT_MODEL: z.string().default(""),
  /**
   * The new reply must be rated at least this high for a training file: a large gain from very bad to bad is no
   * example. 60 is above "partly right, an important part missing" (50 on each scale of the rubric).
   */
  MIN_EXPORT_RATING: whole.min(0).max(100).default(60),
  /** "true": only what a person approved goes into training files. */
  REQUIRE_REVIEW: z.stringbool().default(false),
  /** "true": a lesson of the model's is served only once a person approved it, however many customers bear it out. */
  LESSONS_NEED_APPROVAL: z.stringbool().default(false),
  /**
   * The share of conversations whose prompts go out plain, to measure whether guidance helps; 0 to 1. The nearest of
   * `PLAIN_SHARES` (experiments/shares.ts) counts.
   */
  HOLDOUT_FRACTION: z.coerce.number().min(0).max(1).default(0.1),
  /**
   * What wrong lessons in a prompt cost relative to missing ones. The router names a topic when its confidence is at least
   * c/(1+c): 0.5 by default, two thirds at 2.
   */
  ROUTER_WRONG_COST: z.coerce.number().min(0).default(1),
  /**
   * The share of guided conversations that do without a lesson, drawn for each lesson by itself, to measure what it does;
   * pinned ones are never left out. 0 to 0.5; the nearest of `LESSON_SHARES` counts.
   */
  LESSON_HOLDOUT_FRACTION: z.coerce.number().min(0).max(0.5).default(0.1),
  /** Where this installation answers, such as https://redraft.example.com: for the links it writes. Default: as it was called. */
  PUBLIC_URL: baseUrl.optional(),
  /** A line shown on every page and in every run, such as "replies are placeholders". */
  NOTICE: z.string().default(""),
});

export type Config = z.infer<typeof settings>;

/** All settings, with what they ask of each other. */
const together = settings.refine(
  ({ ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE }) => ACCESS_TEAM_DOMAIN === undefined || ACCESS_AUDIENCE.length > 0,
  {
    path: ["ACCESS_AUDIENCE"],
    error: "must be set with ACCESS_TEAM_DOMAIN: a token for another application is no way in",
  },
);

/** The key of the fine-tuning service: OPENAI_API_KEY goes to its own address only. */
export function fineTuneKey(config: Config): string {
  const same = config.FINE_TUNE_BASE_URL === config.OPENAI_BASE_URL;
  return config.FINE_TUNE_API_KEY || (same ? config.OPENAI_API_KEY : "");
}

/** Reads all settings; `problems` says in plain words what is missing or wrong. */
export function readConfig(env: object): { config: Config; problems: null } | { config: null; problems: string[] } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = together.safeParse(given);
  if (parsed.success) return { config: parsed.data, problems: null };
  return { config: null, problems: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
}
