import { z } from "zod";
import { fanOut } from "./corrections/fan-out.ts";
import { runFineTune } from "./exports/fine-tunes/run-fine-tune.ts";
import { writeExport } from "./exports/write-export.ts";
import { describeError } from "./lib/errors.ts";
import type { Services } from "./services.ts";

const message = z.discriminatedUnion("job", [
  z.object({ job: z.literal("fan_out"), run_id: z.uuid() }),
  z.object({ job: z.literal("export"), export_id: z.uuid() }),
  z.object({ job: z.literal("fine_tune"), fine_tune_id: z.uuid() }),
]);

/** How long a job waits after a fault of ours; in seconds. */
const RETRY_DELAY_S = 15;

/** Does the longer pieces of work, one message at a time. */
export async function consumeJobs(services: Services, batch: MessageBatch): Promise<void> {
  for (const delivery of batch.messages) {
    const parsed = message.safeParse(delivery.body);
    if (!parsed.success) {
      console.error(JSON.stringify({ event: "not_a_job_message" }));
      delivery.ack();
      continue;
    }
    try {
      const { data } = parsed;
      if (data.job === "fan_out") await fanOut(services, data.run_id);
      else if (data.job === "export") await writeExport(services, data.export_id);
      else await runFineTune(services, data.fine_tune_id);
      delivery.ack();
    } catch (error) {
      console.error(JSON.stringify({ event: "job_fault", ...parsed.data, error: describeError(error) }));
      delivery.retry({ delaySeconds: RETRY_DELAY_S });
    }
  }
}
