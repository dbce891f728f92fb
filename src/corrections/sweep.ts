import { asc, lte } from "drizzle-orm";
import { failedReplies } from "../db/schema/failures.ts";
import { readState } from "../failures/apply-event.ts";
import { nextState } from "../failures/failure-state.ts";
import { wakeCorrections } from "../failures/wake-corrections.ts";
import { NO_USAGE } from "../llm/model.ts";
import type { Services } from "../services.ts";
import { endAttempt } from "./end-attempt.ts";

/** Rows looked at per sweep: what a minute can send (each hundred costs a message batch and a write). */
const ROWS = 5_000;

/**
 * Heals what messages lost: frees corrections whose worker died, and sends again what is due and has not been begun.
 * Run every minute; running it twice at once does no harm.
 * @returns how many corrections were freed, and how many messages went out
 */
export async function sweepCorrections(
  services: Pick<Services, "db" | "clock" | "chance" | "corrections">,
): Promise<{ freed: number; sent: number }> {
  const { db, clock } = services;
  const due = await db
    .select({ id: failedReplies.id, status: failedReplies.status })
    .from(failedReplies)
    .where(lte(failedReplies.dueAt, clock()))
    .orderBy(asc(failedReplies.dueAt))
    .limit(ROWS);
  let freed = 0;
  const ready: string[] = [];
  for (const { id, status } of due) {
    if (status === "pending") {
      ready.push(id);
      continue;
    }
    const held = await readState(db, id);
    if (held === null || nextState(held, { type: "lease_ran_out" }, clock(), 0) === null) continue;
    const state = await endAttempt(services, id, held, { type: "lease_ran_out" }, NO_USAGE);
    if (state !== null) freed += 1;
    if (state?.status === "pending") ready.push(id);
  }
  return { freed, sent: await wakeCorrections(services, ready) };
}
