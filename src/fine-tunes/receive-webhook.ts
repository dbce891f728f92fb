import { and, eq, inArray, lte } from "drizzle-orm";
import { fineTunes, webhookDeliveries } from "../db/schema/fine-tunes.ts";
import { askFor } from "../jobs/ask-for.ts";
import { wakeJob } from "../jobs/wake-jobs.ts";
import { RedraftError } from "../lib/errors.ts";
import { type Refusal, refuseDelivery, TOLERANCE_MS } from "../lib/standard-webhooks.ts";
import type { Services } from "../services.ts";
import { type WebhookReceived, webhookEvent } from "./schemas.ts";

const ABOUT_JOBS = "fine_tuning.job.";

const REFUSALS: Record<Refusal, string> = {
  incomplete: "Send webhook-id, webhook-timestamp and webhook-signature, as Standard Webhooks defines them.",
  too_old: "The delivery's time is more than five minutes away from ours.",
  wrong_signature: "The signature matches none of the secrets in FINE_TUNE_WEBHOOK_SECRET.",
};

/**
 * Takes a provider's webhook: whoever signed it only says where to look, and the job that follows the fine-tune asks
 * the provider itself. A delivery that comes again does nothing; what is not about a job of ours is taken and let go,
 * because a provider sends every endpoint of a project the events of all its jobs.
 * @throws RedraftError when there is no secret, or the delivery is not signed with it
 */
export async function receiveWebhook(
  services: Pick<Services, "db" | "clock" | "config" | "jobs">,
  delivery: Parameters<typeof refuseDelivery>[0],
): Promise<WebhookReceived> {
  const { db, clock, config } = services;
  const secrets = config.FINE_TUNE_WEBHOOK_SECRET;
  if (secrets.length === 0) {
    throw new RedraftError(
      "not_configured",
      "Webhooks are off: set the secret FINE_TUNE_WEBHOOK_SECRET to the one that the provider showed for this address.",
    );
  }
  const now = clock();
  const refusal = await refuseDelivery(delivery, secrets, now);
  if (refusal !== null) throw new RedraftError("unauthorized", REFUSALS[refusal]);
  const { id = "" } = delivery;
  const [known] = await db.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, id));
  if (known !== undefined) return { fine_tune_id: null, duplicate: true };
  const isItsJob = and(
    eq(fineTunes.jobId, jobOf(delivery.body) ?? ""),
    inArray(fineTunes.status, ["running", "cancelling"]),
  );
  const [, [about]] = await db.batch([
    db.insert(webhookDeliveries).values({ id, receivedAt: now }).onConflictDoNothing(),
    db.select({ id: fineTunes.id }).from(fineTunes).where(isItsJob),
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
  const { data: event } = webhookEvent.safeParse(parsed);
  return event?.type.startsWith(ABOUT_JOBS) ? event.data.id : null;
}

/** Deliveries are remembered for as long as a copy of one could still be taken. For the sweep. */
export async function forgetDeliveries({ db, clock }: Pick<Services, "db" | "clock">): Promise<void> {
  await db.delete(webhookDeliveries).where(lte(webhookDeliveries.receivedAt, clock() - 2 * TOLERANCE_MS));
}
