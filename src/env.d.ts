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
  }
}

interface Env extends Cloudflare.Env {}
