import { max } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { improvements } from "../db/schema/improvements.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import type { Services } from "../services.ts";
import type { ExportInput } from "./schemas.ts";

/** Keeps what was asked for and has it written in the background. */
export async function requestExport(
  services: Pick<Services, "db" | "clock" | "newId" | "config" | "jobs">,
  input: ExportInput,
): Promise<{ id: string }> {
  const { db, clock, newId, config } = services;
  const { format = "openai-sft", min_gain = config.MIN_EXPORT_GAIN, ...filters } = input;
  const now = clock();
  const id = newId();
  const [newest] = await db.select({ seq: max(improvements.seq) }).from(improvements);
  await db.batch([
    db.insert(exportsTable).values({
      id,
      status: "queued",
      boundary: newest?.seq ?? null,
      options: { format, min_gain, ...filters },
      rows: 0,
      bytes: 0,
      skipped: {},
      createdAt: now,
    }),
    askFor(db, "export", id, now),
  ]);
  await wakeJob(services, "export", id);
  return { id };
}
