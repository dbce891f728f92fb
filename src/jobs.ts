import { z } from "zod";
import { moveFailures } from "./clusters/change-clusters.ts";
import { distillLessons } from "./clusters/distill-lessons.ts";
import { trainRouterIfDue } from "./clusters/router-training.ts";
import { fanOut } from "./corrections/fan-out.ts";
import { writeExport } from "./exports/write-export.ts";
import { describeError } from "./lib/errors.ts";
import type { Services } from "./services.ts";

const message = z.discriminatedUnion("job", [
  z.object({ job: z.literal("fan_out"), run_id: z.uuid() }),
  z.object({ job: z.literal("export"), export_id: z.uuid() }),
  z.object({ job: z.literal("train_router") }),
  z.object({ job: z.literal("distill"), cluster_id: z.uuid() }),
  z.object({ job: z.literal("move_cluster"), cluster_id: z.uuid() }),
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
      await doJob(services, data);
      delivery.ack();
    } catch (error) {
      console.error(JSON.stringify({ event: "job_fault", ...parsed.data, error: describeError(error) }));
      delivery.retry({ delaySeconds: RETRY_DELAY_S });
    }
  }
}

async function doJob(services: Services, job: z.infer<typeof message>): Promise<void> {
  switch (job.job) {
    case "fan_out":
      return fanOut(services, job.run_id);
    case "export":
      return writeExport(services, job.export_id);
    case "train_router":
      await trainRouterIfDue(services);
      return;
    case "distill":
      return distillLessons(services, job.cluster_id);
    case "move_cluster":
      return moveFailures(services, job.cluster_id);
  }
}
