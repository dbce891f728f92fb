import pLimit from "p-limit";
import { correctionMessage } from "../failures/wake-corrections.ts";
import { keepDeadLetter } from "../jobs/dead-letters.ts";
import { log } from "../lib/log.ts";
import { MINUTE } from "../lib/time.ts";
import { createGatekeeper } from "../llm/gatekeeper.ts";
import { limitCalls } from "../llm/wrap-model.ts";
import { type Services, withPace } from "../services.ts";
import { correctFailure } from "./correct-failure.ts";

/** Corrections under way at once: enough to keep six model calls in flight while others read and write. */
const CORRECTIONS_IN_FLIGHT = 12;

/** How long a message waits after a fault of ours, such as D1 being away; in seconds. */
const RETRY_DELAY_S = 30;

/**
 * A consumer lives 15 minutes. No correction begins after 8 of them and no model call after 12, so that the last call,
 * 2 minutes at most, and the storing still fit.
 */
const BEGIN_CORRECTIONS_MS = 8 * MINUTE;
const BEGIN_CALLS_MS = 12 * MINUTE;

/** Works off a batch of wake-up messages. One that fails neither loses nor repeats the others. */
export async function consumeCorrections(services: Services, batch: MessageBatch): Promise<void> {
  const began = services.clock();
  const since = () => services.clock() - began;
  const model = limitCalls(withPace(services, () => since() < BEGIN_CALLS_MS).model);
  const gatekeeper = createGatekeeper({ ...services, model });
  const limit = pLimit(CORRECTIONS_IN_FLIGHT);

  async function consumeOne(delivery: Message): Promise<void> {
    const parsed = correctionMessage.safeParse(delivery.body);
    if (!parsed.success) {
      await keepDeadLetter(services, "corrections", delivery.body, "Unrecognised message.");
      return delivery.ack();
    }
    // Left for the sweep: a retry would bring it back to this same, spent consumer's queue as a failed delivery.
    if (since() > BEGIN_CORRECTIONS_MS) return delivery.ack();
    try {
      await correctFailure({ ...services, model }, gatekeeper, parsed.data.failure_id);
      delivery.ack();
    } catch (error) {
      const { failure_id } = parsed.data;
      log.error("correction_not_ended", { failure_id }, error);
      delivery.retry({ delaySeconds: RETRY_DELAY_S });
    }
  }

  await Promise.all(batch.messages.map((delivery) => limit(() => consumeOne(delivery))));
}
