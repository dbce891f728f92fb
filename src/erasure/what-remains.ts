import type { erasures } from "../db/schema/erasure.ts";
import type { fineTunes, providerFiles } from "../db/schema/fine-tunes.ts";
import type { routerTraining } from "../db/schema/router.ts";
import { DAY, toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { Remaining } from "./schemas.ts";

/** How long Cloudflare can bring back an earlier state of D1 (paid plan; 7 days on the free one) and of Durable Objects. */
const BACKUP_DAYS = 30;

type Erasure = typeof erasures.$inferSelect;
type FineTune = Pick<typeof fineTunes.$inferSelect, "id" | "status" | "provider" | "model" | "jobId">;
type ProviderFile = typeof providerFiles.$inferSelect;

/** What is known when somebody asks. */
export interface Known {
  fineTunes: FineTune[];
  files: ProviderFile[];
  training: Pick<typeof routerTraining.$inferSelect, "trainedAt" | "forgetBy" | "version"> | null;
  /** The addresses of the models that were shown its texts. */
  modelServers: string[];
  now: number;
}

/** What can still be removed, and is being worked on. */
export function isGoing(known: Known, erasure: Erasure): Remaining[] {
  return [...filesLeft(known), ...jobsLeft(known), ...routerLeft(known, erasure)];
}

/** What Redraft has no hand in. */
export function isOutOfReach({ fineTunes, modelServers, now }: Known, { erasedAt }: Erasure): Remaining[] {
  const backedUpTo = erasedAt + BACKUP_DAYS * DAY;
  const models = fineTunes.flatMap(({ model, provider }) =>
    model === null
      ? []
      : {
          ...{ what: "trained_model" as const, where: provider, id: model, until: null },
          detail: "A model cannot forget what it was trained on. Delete it at the provider, or train another one.",
        },
  );
  const backups = (["database_backups", "cluster_backups"] as const).map((what) => ({
    ...{ what, where: "Cloudflare", id: null, until: toRfc3339(backedUpTo) },
    detail:
      what === "database_backups"
        ? "D1 Time Travel: whoever runs this account can bring back the database as it was; for 7 days on the free plan."
        : "Point-in-time recovery of the Durable Objects that cache the clusters' contexts.",
  }));
  const logs = modelServers.map((where) => ({
    ...{ what: "model_server_logs" as const, where, id: null, until: null },
    detail: "What this server keeps of the requests it answered is not known here; its terms say.",
  }));
  return [...models, ...(backedUpTo > now ? backups : []), ...logs];
}

function filesLeft({ files, fineTunes }: Known): Remaining[] {
  const of = new Map(fineTunes.map((row) => [row.id, row]));
  return files.flatMap(({ id, fineTuneId, deletedAt, error }) =>
    deletedAt !== null
      ? []
      : {
          ...{ what: "provider_file" as const, where: of.get(fineTuneId)?.provider ?? "", id, until: null },
          detail: error ?? "It is deleted when its fine-tune has ended.",
        },
  );
}

function jobsLeft({ fineTunes }: Known): Remaining[] {
  return fineTunes.flatMap(({ status, provider, jobId }) =>
    status !== "cancelling"
      ? []
      : {
          ...{ what: "fine_tune_job" as const, where: provider, id: jobId, until: null },
          detail: "It is being cancelled; until the provider says so, it may train.",
        },
  );
}

function routerLeft({ training }: Known, { contexts, erasedAt }: Erasure): Remaining[] {
  const hadTopic = contexts.some(({ clusterId }) => clusterId !== null);
  if (!hadTopic || training === null || training.forgetBy === null || training.version === null) return [];
  if (training.trainedAt > erasedAt) return [];
  return [
    {
      ...{ what: "router" as const, where: "Redraft", id: training.version },
      until: toRfc3339OrNull(training.forgetBy),
      detail: "Hashed features of the message, no text of it, in the router's file until its next training.",
    },
  ];
}
