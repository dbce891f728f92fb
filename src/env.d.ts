/** The bindings of `wrangler.toml`. Settings and secrets are read by `config.ts` alone. */
declare namespace Cloudflare {
  interface Env {
    DB: D1Database;
    EXPORTS: R2Bucket;
    CORRECTIONS: Queue;
    JOBS: Queue;
    CLUSTERS: DurableObjectNamespace<import("./clusters/context/cluster-context.ts").ClusterContext>;
    PACE: DurableObjectNamespace<import("./llm/pace/pace-object.ts").Pace>;
    ASSETS: Fetcher;
    // Each may be taken out of wrangler.toml: `limits.ts`.
    LIMIT_PROMPTS?: RateLimit;
    LIMIT_CHATS?: RateLimit;
    LIMIT_INGEST?: RateLimit;
    LIMIT_READS?: RateLimit;
    LIMIT_CHANGES?: RateLimit;
    LIMIT_WORK?: RateLimit;
    LIMIT_NO_KEY?: RateLimit;
    LIMIT_UNKNOWN_KEYS?: RateLimit;
  }
}

interface Env extends Cloudflare.Env {}
