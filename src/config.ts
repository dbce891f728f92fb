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

function setting<T extends z.ZodType>(schema: T, meaning: string): T {
  return schema.meta({ meaning });
}

/** One whose value is shown to nobody. */
function secret<T extends z.ZodType>(schema: T, meaning: string): T {
  return schema.meta({ meaning, secret: true });
}

/**
 * Every setting: what it may be, its default, and what it means. The page `/settings` and the README's table say it in
 * these words. Vars come from `wrangler.toml` or `--var NAME:VALUE`, secrets from `wrangler secret put`, and both from
 * `.dev.vars` locally. Changing what a setting means starts here.
 */
const settings = z.object({
  ADMIN_KEY: secret(
    z.string().min(32, "must be at least 32 characters"),
    "Opens everything, makes the first key, and signs cookies and links; at least 32 characters.",
  ),
  ADMIN_KEY_OFF: setting(
    z.stringbool().default(false),
    "true: ADMIN_KEY opens nothing, as long as another key with the scope admin does.",
  ),
  ACCESS_AUDIENCE: setting(
    z
      .string()
      .default("")
      .transform((value) => value.split(/[\s,]+/).filter((tag) => tag !== "")),
    "The audience tag (AUD) of the Cloudflare Access application; several, separated by spaces. Without it nobody comes in by Access.",
  ),
  ACCESS_TEAM_DOMAIN: setting(
    z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, "must be a domain such as example.cloudflareaccess.com")
      .toLowerCase()
      .optional(),
    "The team's domain at Access, such as example.cloudflareaccess.com: whose tokens are taken for people. Not needed where Access protects the Worker itself.",
  ),
  ACCESS_ROLES: setting(
    z
      .string()
      .default("*=viewer")
      .refine(
        (value) => readRoleRules(value) !== null,
        "must be rules such as ada@example.com=admin, group:Support leads=reviewer",
      ),
    "Who is viewer (reads), reviewer (reads and reviews) or admin of those whom Access lets in, such as ada@example.com=admin, @example.com=viewer, group:Support leads=reviewer, *=viewer; the highest role counts.",
  ),
  OPENAI_API_KEY: secret(
    z.string().default(""),
    "The key of the model's server; not needed where the server asks for none.",
  ),
  OPENAI_BASE_URL: setting(
    baseUrl.default("https://api.openai.com/v1"),
    "Any server that speaks OpenAI's Chat Completions: AI Gateway, Workers AI, vLLM, Ollama… https, or this machine.",
  ),
  CORRECTION_MODEL: setting(z.string().min(1).default("gpt-6-luna"), "The model that rewrites."),
  JUDGE_MODEL: setting(
    z.string().min(1).default("gpt-6-luna"),
    "The model that rates. Another family than the one that rewrites is better: models favour their own text.",
  ),
  JUDGE_SAMPLES: setting(
    whole.min(1).max(9).default(1),
    "How often each reply is rated; the ratings are averaged, and from 2 on their spread is measured.",
  ),
  AUTO_CORRECT: setting(
    z.stringbool().default(false),
    "true: a recorded failure is corrected at once. Otherwise corrections wait for a run.",
  ),
  DAILY_TOKEN_BUDGET: setting(
    whole.min(0).default(0),
    "Tokens that corrections, lessons and the judge's controls may use per day (UTC); beyond it they wait for the next day. 0: no limit.",
  ),
  MODEL_REQUESTS_PER_MINUTE: setting(
    whole.min(0).default(0),
    "Calls a minute that the provider allows, for each model. 0: learned from its headers and refusals.",
  ),
  MODEL_TOKENS_PER_MINUTE: setting(
    whole.min(0).default(0),
    "The same in tokens; set it where no header states them. 0: learned.",
  ),
  MIN_EXPORT_GAIN: setting(
    whole.min(-100).max(100).default(1),
    "The points an improvement must gain to go into a training file.",
  ),
  // 60 is above "partly right, an important part missing" (50 on each scale of the rubric).
  MIN_EXPORT_RATING: setting(
    whole.min(0).max(100).default(60),
    "The rating that its new reply must reach: a large gain from very bad to bad is no example.",
  ),
  REQUIRE_REVIEW: setting(z.stringbool().default(false), "true: only what a person approved goes into training files."),
  REDACT_EXPORTS: setting(
    z.stringbool().default(true),
    "Puts placeholders such as [EMAIL_1] in place of personal data in training files. false: it stays in them and is only counted.",
  ),
  REDACT_MODEL_INPUT: setting(
    z.stringbool().default(false),
    "true: models see placeholders in place of personal data; what they stand for is put back into what is stored.",
  ),
  TRAINING_PRICE_PER_MILLION_TOKENS: setting(
    z.coerce.number().min(0).optional(),
    "The provider's price for a million training tokens; the manifest then gives the cost of an epoch.",
  ),
  EXPORT_RETENTION_DAYS: setting(
    whole.min(0).default(0),
    "Days after which a finished training file is deleted. 0: it is kept.",
  ),
  FAILURE_RETENTION_DAYS: setting(
    whole.min(0).default(0),
    "Days after which a failure is erased everywhere it went, counted from when it was recorded. 0: it is kept.",
  ),
  AUDIT_LOG_RETENTION_DAYS: setting(
    whole.min(0).default(400),
    "Days after which an entry of the audit log is removed. 0: it is kept.",
  ),
  FINE_TUNE_BASE_URL: setting(
    baseUrl.default("https://api.openai.com/v1"),
    "Any service with OpenAI's fine-tuning API; it also serves the tuned models.",
  ),
  FINE_TUNE_API_KEY: secret(
    z.string().default(""),
    "Its key. Without it OPENAI_API_KEY is used where both addresses are the same.",
  ),
  FINE_TUNE_WEBHOOK_SECRET: secret(
    z
      .string()
      .default("")
      .transform((value) => value.split(/[\s,]+/).filter((secret) => secret !== ""))
      .refine((secrets) => secrets.every(isWebhookSecret), "must be a secret such as whsec_…, or several, with spaces"),
    "Verifies its webhooks about fine-tuning jobs (whsec_…); several, separated by spaces, while one is being replaced. Without it webhooks are refused; job status is polled every 30 seconds either way.",
  ),
  BOT_MODEL: setting(
    z.string().default(""),
    "The model behind the name redraft in chats while no tuned model is set. Without it: CORRECTION_MODEL.",
  ),
  LESSONS_NEED_APPROVAL: setting(
    z.stringbool().default(false),
    "true: a lesson of the model's is served only once a person approved it, however many customers bear it out.",
  ),
  // `PLAIN_SHARES` and `LESSON_SHARES` (experiments/shares.ts) are the shares there can be.
  HOLDOUT_FRACTION: setting(
    z.coerce.number().min(0).max(1).default(0.1),
    "The share of conversations whose prompts go out plain, to measure whether guidance helps; 0 to 1, rounded to a step.",
  ),
  LESSON_HOLDOUT_FRACTION: setting(
    z.coerce.number().min(0).max(0.5).default(0.1),
    "The share of guided conversations that do without a lesson, drawn for each lesson by itself, to measure what it does; pinned ones are never left out. 0 to 0.5, rounded to a step.",
  ),
  ROUTER_WRONG_COST: setting(
    z.coerce.number().min(0).default(1),
    "What wrong lessons in a prompt cost relative to missing ones. The router names a topic from a confidence of c/(1+c): 0.5 at 1, two thirds at 2.",
  ),
  PUBLIC_URL: setting(
    baseUrl.optional(),
    "Where this installation answers, such as https://redraft.example.com: for the links it writes. Without it: as it was called.",
  ),
  NOTICE: setting(
    z.string().default(""),
    "A line shown on every page and in every run, such as: replies are placeholders.",
  ),
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

/** What a setting is, whatever its value. */
export interface Setting {
  name: keyof Config;
  meaning: string;
  secret: boolean;
  required: boolean;
  /** Null: none. */
  default: string | null;
}

/** Every setting, in the order of the flow. */
export function listSettings(): Setting[] {
  return Object.entries(settings.shape).map(([name, schema]) => {
    const { meaning, secret } = schema.meta() ?? {};
    const byDefault = schema.safeParse(undefined);
    return {
      name: name as keyof Config,
      meaning: String(meaning),
      secret: secret === true,
      required: !byDefault.success,
      default: asText(byDefault.data),
    };
  });
}

/** A value as it may be written into `wrangler.toml`; null for none. */
export function asText(value: Config[keyof Config]): string | null {
  return value === undefined || String(value) === "" ? null : String(value);
}

type Read = { config: Config; given: ReadonlySet<string>; problems: null } | { config: null; problems: string[] };

/**
 * Reads all settings.
 * @returns which were given, because the others have their defaults; or what is missing or wrong, in plain words
 */
export function readConfig(env: object): Read {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = together.safeParse(given);
  if (parsed.success) return { config: parsed.data, given: new Set(Object.keys(given)), problems: null };
  return { config: null, problems: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) };
}
