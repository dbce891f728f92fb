import { eq } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type ExportFormat, exportsTable } from "../db/schema/exports.ts";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { FEWEST_EXAMPLES } from "../exports/export-state.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { found, RedraftError } from "../lib/errors.ts";
import type { Services } from "../services.ts";
import type { FineTuneInput } from "./schemas.ts";

/** The largest file the Uploads API takes. */
const MOST_BYTES = 8 * 1024 ** 3;

/** The format that each method trains on. */
const FORMAT_OF: Record<FineTuneInput["method"], ExportFormat> = { supervised: "openai-sft", dpo: "openai-dpo" };

/** Keeps what was asked for and has it done in the background. @throws RedraftError when the file does not fit */
export async function requestFineTune(
  services: Pick<Services, "db" | "clock" | "newId" | "config" | "jobs">,
  { export_id, ...options }: FineTuneInput,
): Promise<{ id: string }> {
  const { db, clock, newId, config } = services;
  const source = await trainable(db, export_id, options.method);
  const now = clock();
  const id = newId();
  await db.batch([
    db.insert(fineTunes).values({
      ...{ id, exportId: export_id, provider: config.FINE_TUNE_BASE_URL, ...source, options, createdAt: now },
      ...{ status: "uploading", uploads: {}, events: [], loss: [] },
    }),
    askFor(db, "fine_tune", id, now),
  ]);
  await wakeJob(services, "fine_tune", id);
  return { id };
}

/** The export as it can be trained on. */
async function trainable(db: Db, exportId: string, method: FineTuneInput["method"]) {
  const [row] = await db.select().from(exportsTable).where(eq(exportsTable.id, exportId));
  const { status, sha256, staleAt, options, rows, bytes, generation } = found(row, "export");
  const refuse = (detail: string) => new RedraftError("conflict", detail);
  if (status !== "done" || sha256 === null) throw refuse(`The export is ${status}; it must be done first.`);
  if (staleAt !== null) throw refuse("A text in this export was erased or withdrawn; rebuild it first.");
  const format = FORMAT_OF[method];
  if (options.format !== format)
    throw refuse(`The method ${method} trains on an export in the format ${format}; this one is ${options.format}.`);
  if (rows < FEWEST_EXAMPLES) throw refuse(`The export has fewer than ${FEWEST_EXAMPLES} examples.`);
  if (bytes > MOST_BYTES) throw refuse("The file is larger than the 8 GB that providers take; export less.");
  return { exportSha256: sha256, generation, exportOptions: options };
}
