import { max } from "drizzle-orm";
import { exportsTable } from "../db/schema/exports.ts";
import { improvements } from "../db/schema/improvements.ts";
import { newId } from "../lib/ids.ts";
import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";
import { EXPORT_RESEND_MS } from "./export-state.ts";
import type { ExportInput } from "./schemas.ts";

/** Keeps what was asked for and has it written in the background. */
export async function requestExport(
  { db, clock, config, jobs }: Pick<Services, "db" | "clock" | "config" | "jobs">,
  { format = "openai-sft", min_gain = config.MIN_EXPORT_GAIN, ...filters }: ExportInput,
): Promise<{ id: string }> {
  const now = clock();
  const id = newId();
  const [newest] = await db.select({ seq: max(improvements.seq) }).from(improvements);
  await db.insert(exportsTable).values({
    id,
    status: "queued",
    boundary: newest?.seq ?? null,
    options: { format, min_gain, ...filters },
    rows: 0,
    bytes: 0,
    skipped: {},
    attempts: 0,
    dueAt: now + EXPORT_RESEND_MS,
    createdAt: now,
  });
  await sendExport({ jobs }, id);
  return { id };
}

/** Sends an export's message. Where that fails the row is due soon, and the sweep sends it. */
export async function sendExport({ jobs }: Pick<Services, "jobs">, id: string): Promise<void> {
  try {
    await jobs.send({ job: "export", export_id: id });
  } catch (error) {
    log.warn("export_not_sent", { export_id: id }, error);
  }
}
