import { and, desc, eq, isNull, lt } from "drizzle-orm";
import { failedReplies } from "../db/schema/failures.ts";
import { deadLetters } from "../db/schema/jobs.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { Services } from "../services.ts";
import type { DeadLetterOutput, DeadLetterQuery } from "./schemas.ts";

type QueueName = typeof deadLetters.$inferSelect.queue;

/** Keeps a message that no consumer could deal with. */
export async function keepDeadLetter(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  queue: QueueName,
  body: unknown,
  error: string,
): Promise<void> {
  await db.insert(deadLetters).values({ id: newId(), queue, body: body ?? null, error, createdAt: clock() });
}

/** Keeps a batch of a dead-letter queue. A batch delivered twice is kept twice, which harms nothing but the list. */
export async function consumeDeadLetters(
  services: Pick<Services, "db" | "clock" | "newId">,
  queue: QueueName,
  batch: MessageBatch,
): Promise<void> {
  for (const message of batch.messages) {
    const known = await lastReason(services.db, message.body);
    await keepDeadLetter(services, queue, message.body, known ?? "Its consumer failed every time; the logs say why.");
    message.ack();
  }
}

/** Newest first; those not replayed yet unless asked for. */
export async function listDeadLetters(
  db: Services["db"],
  { replayed, cursor, limit }: DeadLetterQuery,
): Promise<Page<DeadLetterOutput>> {
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(deadLetters)
    .where(and(replayed ? undefined : isNull(deadLetters.replayedAt), after ? lt(deadLetters.id, after) : undefined))
    .orderBy(desc(deadLetters.id))
    .limit(limit + 1);
  return toPage(
    rows,
    limit,
    (row) => [row.id],
    ({ createdAt, replayedAt, ...letter }) => ({
      ...letter,
      created_at: toRfc3339(createdAt),
      replayed_at: toRfc3339OrNull(replayedAt),
    }),
  );
}

/**
 * Sends a dead letter again. Twice does no harm: it is a wake-up call, and the consumer looks at the row.
 * @returns false when there is no such letter
 */
export async function replayDeadLetter(
  { db, clock, corrections, jobs }: Pick<Services, "db" | "clock" | "corrections" | "jobs">,
  id: string,
): Promise<boolean> {
  const [letter] = await db.select().from(deadLetters).where(eq(deadLetters.id, id));
  if (letter === undefined) return false;
  // The body goes back as it came; the consumer checks it against what it knows.
  const queue: Queue<unknown> = letter.queue === "jobs" ? jobs : corrections;
  await queue.send(letter.body);
  await db.update(deadLetters).set({ replayedAt: clock() }).where(eq(deadLetters.id, id));
  return true;
}

async function lastReason(db: Services["db"], body: unknown): Promise<string | null> {
  const id = (body as { failure_id?: unknown } | null)?.failure_id;
  if (typeof id !== "string") return null;
  const [row] = await db.select({ reason: failedReplies.reason }).from(failedReplies).where(eq(failedReplies.id, id));
  return row?.reason ?? null;
}
