import { and, eq, isNotNull, isNull } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type FineTuneUploads, fineTunes, providerFiles } from "../db/schema/fine-tunes.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { requestMissingJobs } from "../jobs/wake-jobs.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { createProvider, type FineTuneProvider, ProviderError } from "./provider.ts";
import { fileNameOf } from "./upload-file.ts";

type Row = typeof providerFiles.$inferSelect;

/** Fine-tunes that a sweep asks for: those whose job was lost are few. */
const MOST_AT_ONCE = 100;

/**
 * The files of a fine-tune that has ended, which are deleted at the provider. It is never given up: they hold
 * customers' texts.
 */
export const providerFilesJob: Job = {
  run: deleteProviderFiles,
  mostTries: Number.POSITIVE_INFINITY,
  sweep: askForFiles,
};

/** Keeps what the provider holds of a fine-tune, whatever became of the fine-tune meanwhile. */
export async function noteFiles(
  { db, clock }: Pick<Services, "db" | "clock">,
  fineTuneId: string,
  { training, validation }: FineTuneUploads,
): Promise<void> {
  const there = [training, validation].flatMap((sent) => {
    if (sent?.file_id !== undefined) return { id: sent.file_id, kind: "file" as const, replaces: sent.upload_id };
    return sent?.upload_id === undefined ? [] : { id: sent.upload_id, kind: "upload" as const, replaces: undefined };
  });
  const statements = there.flatMap(({ id, kind, replaces }) => [
    ...insertFile(db, { fineTuneId, id, kind, createdAt: clock() }),
    // A completed upload is the file.
    ...(replaces === undefined ? [] : [db.delete(providerFiles).where(isThe(fineTuneId, replaces))]),
  ]);
  const [first, ...others] = statements;
  if (first !== undefined) await db.batch([first, ...others]);
}

const isThe = (fineTuneId: string, id: string) =>
  and(eq(providerFiles.fineTuneId, fineTuneId), eq(providerFiles.id, id));

function insertFile(db: Db, row: typeof providerFiles.$inferInsert) {
  return [db.insert(providerFiles).values(row).onConflictDoNothing()];
}

async function deleteProviderFiles(
  services: Pick<Services, "db" | "clock" | "config">,
  { subject: fineTuneId }: Held,
): Promise<JobEnd> {
  const { db, config } = services;
  const [fineTune] = await db
    .select({ provider: fineTunes.provider })
    .from(fineTunes)
    .where(and(eq(fineTunes.id, fineTuneId), isNotNull(fineTunes.finishedAt)));
  if (fineTune === undefined) return DONE;
  const isElsewhere = fineTune.provider !== config.FINE_TUNE_BASE_URL;
  const provider = createProvider(config);
  if (!isElsewhere) await noteStrays(services, provider, fineTuneId);
  const left = await db
    .select()
    .from(providerFiles)
    .where(and(eq(providerFiles.fineTuneId, fineTuneId), isNull(providerFiles.deletedAt)));
  let fault: string | null = null;
  for (const file of left) {
    const why = isElsewhere
      ? `FINE_TUNE_BASE_URL is no longer ${fineTune.provider}.`
      : await deleteFile(provider, file);
    await db
      .update(providerFiles)
      .set(why === null ? { deletedAt: services.clock(), error: null } : { error: why })
      .where(isThe(fineTuneId, file.id));
    fault ??= why;
  }
  return fault === null ? DONE : { end: "stuck", reason: fault };
}

/** What a worker sent and did not live to note is known by its name. */
async function noteStrays(
  { db, clock }: Pick<Services, "db" | "clock">,
  provider: FineTuneProvider,
  fineTuneId: string,
): Promise<void> {
  let named: string[];
  try {
    named = await provider.findFiles(fileNameOf(fineTuneId, ""));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // Not every provider lists files. What was noted is deleted all the same.
    log.warn("provider_files_not_listed", { fine_tune_id: fineTuneId }, error);
    return;
  }
  for (const id of named) await insertFile(db, { fineTuneId, id, kind: "file", createdAt: clock() })[0];
}

/** @returns why it could not be deleted; null: it is gone */
async function deleteFile(provider: FineTuneProvider, { id, kind }: Row): Promise<string | null> {
  try {
    await (kind === "file" ? provider.deleteFile(id) : provider.cancelUpload(id));
    return null;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // An upload that cannot be cancelled was cancelled, completed or has expired.
    if (error.isMissing || (kind === "upload" && error.kind === "invalid")) return null;
    return error.message;
  }
}

/** Asks for files of fine-tunes that ended, whose job was lost, or that were sent while it ended. */
async function askForFiles(services: Pick<Services, "db" | "clock" | "jobs">): Promise<void> {
  const left = await services.db
    .selectDistinct({ id: providerFiles.fineTuneId })
    .from(providerFiles)
    .innerJoin(fineTunes, eq(fineTunes.id, providerFiles.fineTuneId))
    .where(and(isNull(providerFiles.deletedAt), isNotNull(fineTunes.finishedAt)))
    .limit(MOST_AT_ONCE);
  await requestMissingJobs(
    services,
    "provider_files",
    left.map(({ id }) => id),
  );
}
