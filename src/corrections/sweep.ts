import { and, asc, eq, lte } from "drizzle-orm";
import { type FailureStatus, failedReplies } from "../db/schema/failures.ts";
import { readState } from "../failures/apply-event.ts";
import { type FailureState, nextState } from "../failures/failure-state.ts";
import { MOST_ON_THEIR_WAY, wakeCorrections } from "../failures/wake-corrections.ts";
import { NO_USAGE } from "../llm/model.ts";
import type { Services } from "../services.ts";
import { endAttempt } from "./end-attempt.ts";

type Sweeping = Pick<Services, "db" | "clock" | "chance" | "corrections">;

/** Leases freed per sweep: each takes a few of the 1,000 queries that D1 allows an invocation. */
const MOST_FREED = 100;

/**
 * Heals what messages lost: sends again what is due and has not been begun, then frees corrections whose worker died.
 * In that order, so that many dead workers never keep what is due from its turn. Run every minute; running it twice at
 * once does no harm.
 * @returns how many corrections were freed, and how many messages went out
 */
export async function sweepCorrections(services: Sweeping): Promise<{ freed: number; sent: number }> {
  const { db, clock } = services;
  const due = (status: FailureStatus, most: number) =>
    db
      .select({ id: failedReplies.id })
      .from(failedReplies)
      .where(and(lte(failedReplies.dueAt, clock()), eq(failedReplies.status, status)))
      .orderBy(asc(failedReplies.dueAt))
      .limit(most);
  const sent = await wakeCorrections(services, ids(await due("pending", MOST_ON_THEIR_WAY)));
  const free: string[] = [];
  let freed = 0;
  for (const id of ids(await due("correcting", MOST_FREED))) {
    const state = await freeLease(services, id);
    if (state !== null) freed += 1;
    if (state?.status === "pending") free.push(id);
  }
  return { freed, sent: sent + (await wakeCorrections(services, free)) };
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

async function freeLease(services: Sweeping, id: string): Promise<FailureState | null> {
  const held = await readState(services.db, id);
  if (held === null || nextState(held, { type: "lease_ran_out" }, services.clock(), 0) === null) return null;
  return endAttempt(services, id, held, { type: "lease_ran_out" }, NO_USAGE);
}
