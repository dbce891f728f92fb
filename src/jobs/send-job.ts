import { log } from "../lib/log.ts";
import type { Services } from "../services.ts";

/** Sends a wake-up call; where that fails the sweep finds the work undone and sends it again. */
export async function sendJob(jobs: Services["jobs"], message: Parameters<Services["jobs"]["send"]>[0]): Promise<void> {
  try {
    await jobs.send(message);
  } catch (error) {
    log.warn("job_not_sent", { ...message }, error);
  }
}
