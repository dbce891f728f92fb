import pLimit from "p-limit";
import { z } from "zod";
import { describeError } from "../lib/errors.ts";
import { limitCalls } from "../llm/wrap-model.ts";
import type { Services } from "../services.ts";
import { correctFailure } from "./correct-failure.ts";

const message = z.object({ failure_id: z.uuid() });

/** Corrections under way at once: enough to keep six model calls in flight while others read and write. */
const CORRECTIONS_IN_FLIGHT = 12;

/** How long a message waits after a fault of ours, such as D1 being away; in seconds. */
const RETRY_DELAY_S = 30;

/** Works off a batch of wake-up messages. One that fails neither loses nor repeats the others. */
export async function consumeCorrections(services: Services, batch: MessageBatch): Promise<void> {
  const invocation = { ...services, model: limitCalls(services.model) };
  const limit = pLimit(CORRECTIONS_IN_FLIGHT);
  await Promise.all(batch.messages.map((delivery) => limit(() => consumeOne(invocation, delivery))));
}

async function consumeOne(services: Services, delivery: Message): Promise<void> {
  const parsed = message.safeParse(delivery.body);
  if (!parsed.success) {
    console.error(JSON.stringify({ event: "not_a_correction_message" }));
    return delivery.ack();
  }
  try {
    await correctFailure(services, parsed.data.failure_id);
    delivery.ack();
  } catch (error) {
    console.error(
      JSON.stringify({ event: "correction_fault", failure_id: parsed.data.failure_id, error: describeError(error) }),
    );
    delivery.retry({ delaySeconds: RETRY_DELAY_S });
  }
}
