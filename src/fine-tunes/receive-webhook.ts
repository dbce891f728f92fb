import { and, eq, lte } from "drizzle-orm";
import { z } from "zod";
import { fineTunes, webhookDeliveries } from "../db/schema/fine-tunes.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { RedraftError } from "../lib/errors.ts";
import { type Refusal, refuseDelivery, TOLERANCE_MS } from "../lib/standard-webhooks.ts";
import type { Services } from "../services.ts";

/** What a provider tells: that something happened to a job, and no more. */
const event = z.object({ type: z.string(), data: z.object({ id: z.string() }) });

const ABOUT_JOBS = "fine_tuning.job.";

const REFUSALS: Record<Refusal, string> = {
  incomplete: "Send webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks has them.",
  too_old: "The delivery's time lies more than five minutes from ours.",
  wrong_signature: "The signature fits none of the secrets in FINE_TUNE_WEBHOOK_SECRET.",
};

export interface Received {
  /** The fine-tune that is looked at now; null: the event is about nothing of ours that is under way. */
  fine_tune_id: string | null;
  duplicate: boolean;
}

/**
 * Takes a provider's webhook: whoever signed it only says where to look, and the job that follows the fine-tune asks
 * the provider itself. A delivery that comes again does nothing; what is not about a job of ours is taken and let go,
 * because a provider tells every endpoint of a project about all of its jobs.
 * @throws RedraftError when there is no secret, or the delivery is not signed with it
 */
export async function receiveWebhook(
  services: Pick<Services, "db" | "clock" | "config" | "jobs">,
  delivery: Parameters<typeof refuseDelivery>[0],
): Promise<Received> {
  const { db, clock, config } = services;
  const secrets = config.FINE_TUNE_WEBHOOK_SECRET;
  if (secrets.length === 0) {
    throw new RedraftError(
      "not_configured",
      "No webhook is taken: set the secret FINE_TUNE_WEBHOOK_SECRET to the one that the provider showed for this address.",
    );
  }
  const now = clock();
  const refusal = await refuseDelivery(delivery, secrets, now);
  if (refusal !== null) throw new RedraftError("unauthorized", REFUSALS[refusal]);
  const { id = "" } = delivery;
  const [known] = await db.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, id));
  if (known !== undefined) return { fine_tune_id: null, duplicate: true };
  const jobId = jobOf(delivery.body);
  const [, [about]] = await db.batch([
    db.insert(webhookDeliveries).values({ id, receivedAt: now }).onConflictDoNothing(),
    db
      .select({ id: fineTunes.id })
      .from(fineTunes)
      .where(and(eq(fineTunes.jobId, jobId ?? ""), eq(fineTunes.status, "running"))),
  ]);
  if (about === undefined) return { fine_tune_id: null, duplicate: false };
  await askFor(db, "fine_tune", about.id, now);
  await wakeJob(services, "fine_tune", about.id);
  return { fine_tune_id: about.id, duplicate: false };
}

/** The job that a body is about. @throws RedraftError when it is no event at all */
function jobOf(body: Uint8Array): string | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new RedraftError("invalid", "The body is not JSON.");
  }
  const told = event.safeParse(parsed);
  return told.success && told.data.type.startsWith(ABOUT_JOBS) ? told.data.data.id : null;
}

/** Deliveries are remembered for as long as a copy of one could still be taken. For the sweep. */
export async function forgetDeliveries({ db, clock }: Pick<Services, "db" | "clock">): Promise<void> {
  await db.delete(webhookDeliveries).where(lte(webhookDeliveries.receivedAt, clock() - 2 * TOLERANCE_MS));
}
