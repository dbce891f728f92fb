import { and, eq } from "drizzle-orm";
import { findCluster } from "../clusters/topics/topics.ts";
import { withdrawals } from "../db/schema/withdrawals.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { found, RedraftError } from "../lib/errors.ts";
import type { Services } from "../services.ts";
import { countSelection, tokenOf } from "./preview-withdrawal.ts";
import type { WithdrawalInput } from "./schemas.ts";
import { selectionOf } from "./selection.ts";

type Asking = Pick<Services, "db" | "clock" | "newId" | "jobs">;

/**
 * Keeps what is to be withdrawn and has it done in the background. Failures recorded from now on are not in it.
 * @throws RedraftError `invalid` where nothing matches, `conflict` where it is not what was previewed
 */
export async function requestWithdrawal(
  services: Asking,
  { mode, reason, token, ...filter }: WithdrawalInput,
  actor: string,
): Promise<{ id: string; total: number }> {
  const { db, clock, newId } = services;
  const which = await selectionOf(db, filter, mode);
  const counted = which && (await countSelection(db, which));
  if (!counted?.total) throw new RedraftError("invalid", "No failure matches.");
  const { total, newest } = counted;
  if (token !== undefined && token !== (await tokenOf(filter, mode, counted))) {
    const before = Number.parseInt(token, 10);
    throw new RedraftError(
      "conflict",
      `The selection has changed since the preview: ${before === total ? "it holds other failures" : `it held ${before} failures and holds ${total}`} now. Preview it again.`,
    );
  }
  const cluster = filter.topic === undefined ? null : await findCluster(db, filter.topic);
  const id = newId();
  const now = clock();
  await db.batch([
    db.insert(withdrawals).values({
      ...{
        id,
        filter: { ...filter, ...(cluster && { cluster_id: cluster.id }) },
        reason,
        mode,
        total,
        actor,
        createdAt: now,
        boundary: newest,
      },
      ...{ status: "running", step: "failures", cursor: "", taken: 0, lessonIds: [], exportIds: [] },
    }),
    askFor(db, "withdrawal", id, now),
  ]);
  await wakeJob(services, "withdrawal", id);
  return { id, total };
}

/**
 * Has everything put back that a withdrawal set aside. Twice changes nothing.
 * @throws RedraftError `conflict` where it is not done yet, or has erased
 */
export async function undoWithdrawal(services: Omit<Asking, "newId">, id: string): Promise<void> {
  const { db, clock } = services;
  const [row] = await db.select().from(withdrawals).where(eq(withdrawals.id, id));
  const { mode, status } = found(row, "withdrawal");
  if (mode === "erase") throw new RedraftError("conflict", "What was erased cannot be put back.");
  if (status === "running") throw new RedraftError("conflict", "The withdrawal is still under way.");
  const [[undone]] = await db.batch([
    db
      .update(withdrawals)
      .set({ status: "undoing", step: "failures", cursor: "", finishedAt: null })
      .where(and(eq(withdrawals.id, id), eq(withdrawals.status, "done")))
      .returning({ id: withdrawals.id }),
    askFor(db, "withdrawal", id, clock()),
  ]);
  if (undone !== undefined) await wakeJob(services, "withdrawal", id);
}
