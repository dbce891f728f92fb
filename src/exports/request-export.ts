import { max } from "drizzle-orm";
import { exportsTable, improvements } from "../db/schema.ts";
import { describeError } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
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
  const [newest] = await db.select({ id: max(improvements.id) }).from(improvements);
  await db.insert(exportsTable).values({
    id,
    status: "queued",
    boundary: newest?.id ?? null,
    options: { format, min_gain, ...filters },
    rows: 0,
    bytes: 0,
    skipped: {},
    attempts: 0,
    dueAt: now + EXPORT_RESEND_MS,
    createdAt: now,
  });
  try {
    await jobs.send({ job: "export", export_id: id });
  } catch (error) {
    // The row is due soon: the sweep sends the message again.
    console.warn(JSON.stringify({ event: "export_not_sent", export_id: id, error: describeError(error) }));
  }
  return { id };
}
