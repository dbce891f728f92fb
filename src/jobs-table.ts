import { z } from "zod";
import { moveFailures } from "./clusters/change-clusters.ts";
import { distillLessons } from "./clusters/lessons/distill-lessons.ts";
import { fanOut } from "./corrections/fan-out.ts";
import { writeExport } from "./exports/write-export.ts";
import { runComparison } from "./fine-tunes/comparison/run-comparison.ts";
import { runFineTune } from "./fine-tunes/run-fine-tune.ts";
import { keepDeadLetter } from "./jobs/dead-letters.ts";
import { runControls } from "./judge/controls.ts";
import { log } from "./lib/log.ts";
import { trainRouterIfDue } from "./router/router-training.ts";
import type { JobMessage, Services } from "./services.ts";

const message = z.discriminatedUnion("job", [
  z.object({ job: z.literal("fan_out"), run_id: z.uuid() }),
  z.object({ job: z.literal("export"), export_id: z.uuid() }),
  z.object({ job: z.literal("controls"), controls_id: z.uuid() }),
  z.object({ job: z.literal("fine_tune"), fine_tune_id: z.uuid() }),
  z.object({ job: z.literal("comparison"), comparison_id: z.uuid() }),
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
      await keepDeadLetter(services, "jobs", delivery.body, "It is not a message of ours.");
      delivery.ack();
      continue;
    }
    try {
      await doJob(services, parsed.data);
      delivery.ack();
    } catch (error) {
      log.error("job_fault", { ...parsed.data }, error);
      delivery.retry({ delaySeconds: RETRY_DELAY_S });
    }
  }
}

function doJob(services: Services, work: JobMessage): Promise<unknown> {
  switch (work.job) {
    case "fan_out":
      return fanOut(services, work.run_id);
    case "export":
      return writeExport(services, work.export_id);
    case "controls":
      return runControls(services, work.controls_id);
    case "fine_tune":
      return runFineTune(services, work.fine_tune_id);
    case "comparison":
      return runComparison(services, work.comparison_id);
    case "train_router":
      return trainRouterIfDue(services);
    case "distill":
      return distillLessons(services, work.cluster_id);
    case "move_cluster":
      return moveFailures(services, work.cluster_id);
  }
}
