import { type Config, fineTuneKey, readConfig } from "./config.ts";
import { createDb, type Db } from "./db/client.ts";
import { RedraftError } from "./lib/errors.ts";
import { newId } from "./lib/ids.ts";
import type { Clock } from "./lib/time.ts";
import { type Counters, countersOf } from "./limits.ts";
import type { Model } from "./llm/model.ts";
import { createOpenAiModel } from "./llm/openai.ts";
import { createPacer, createReadLane, type Pacer, type ReadLane } from "./llm/pace/pacer.ts";

/** What features are given. Verbs take the part they need, never the Worker's `env`. */
export interface Services {
  config: Config;
  /** The settings that were given; the others have their defaults. */
  given: ReadonlySet<string>;
  db: Db;
  model: Model;
  /** Where base and tuned models answer: the server of FINE_TUNE_BASE_URL. */
  trainer: Model;
  /** Makes a model keep the pace that its provider allows the whole deployment. */
  pace: Pacer;
  /** The pace of one of the models that correct. */
  readLane: ReadLane;
  corrections: Queue;
  jobs: Queue;
  bucket: R2Bucket;
  clusters: Cloudflare.Env["CLUSTERS"];
  /** What counts requests for the limits of `limits.ts`. */
  counters: Counters;
  clock: Clock;
  /** A new id, which sorts by the time it was made. */
  newId: () => string;
  /** Chance, from 0 to 1. */
  chance: () => number;
  /** For what goes to the model's server as it came, past the SDK. */
  fetch: typeof fetch;
}

/** Checking settings and making clients takes longer than most answers: done once for each `env` of an isolate. */
const made = new WeakMap<Cloudflare.Env, Services>();

/**
 * The services of an `env`, made at the first call.
 * @throws RedraftError `not_configured`, saying which settings are missing or wrong and how to set them.
 */
export function createServices(env: Cloudflare.Env): Services {
  const known = made.get(env);
  if (known !== undefined) return known;
  const read = readConfig(env);
  if (read.config === null) {
    throw new RedraftError(
      "not_configured",
      `Redraft is not set up: ${read.problems.join("; ")}. Set secrets with \`npx wrangler secret put NAME\` ` +
        "(locally: a line NAME=value in .dev.vars), vars in wrangler.toml.",
    );
  }
  const { config, given } = read;
  const services: Services = {
    config,
    given,
    db: createDb(env.DB),
    model: createOpenAiModel({ apiKey: config.OPENAI_API_KEY, baseUrl: config.OPENAI_BASE_URL, clock: Date.now }),
    trainer: createOpenAiModel({ apiKey: fineTuneKey(config), baseUrl: config.FINE_TUNE_BASE_URL, clock: Date.now }),
    pace: createPacer(env.PACE, Date.now, config),
    readLane: createReadLane(env.PACE, config),
    corrections: env.CORRECTIONS,
    jobs: env.JOBS,
    bucket: env.EXPORTS,
    clusters: env.CLUSTERS,
    counters: countersOf(env),
    clock: Date.now,
    newId,
    chance: Math.random,
    fetch: (...request) => fetch(...request),
  };
  made.set(env, services);
  return services;
}

/**
 * The services of one invocation that calls models: both models keep the pace of their providers.
 * @param mayBegin whether the invocation still has time for a call
 */
export function withPace(services: Services, mayBegin: () => boolean): Services {
  const { config, pace, model, trainer } = services;
  const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey } = config;
  return {
    ...services,
    model: pace(model, { baseUrl, apiKey }, { mayBegin }),
    trainer: pace(trainer, { baseUrl: config.FINE_TUNE_BASE_URL, apiKey: fineTuneKey(config) }, { mayBegin }),
  };
}
