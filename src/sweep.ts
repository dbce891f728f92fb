import { resumeMoves } from "./clusters/change-clusters.ts";
import { sweepLessons } from "./clusters/lessons/distill-lessons.ts";
import { resumeRuns } from "./corrections/fan-out.ts";
import { sweepCorrections } from "./corrections/sweep.ts";
import { resumeErasures } from "./erasure/erase-failure.ts";
import { deleteOldExports } from "./exports/change-export.ts";
import { resumeExports } from "./exports/write-export.ts";
import { resumeComparisons } from "./fine-tunes/comparison/run-comparison.ts";
import { forgetDeliveries } from "./fine-tunes/receive-webhook.ts";
import { resumeFineTunes } from "./fine-tunes/run-fine-tune.ts";
import { resumeControls } from "./judge/controls.ts";
import { log } from "./lib/log.ts";
import { sweepRouter } from "./router/router-training.ts";
import type { Services } from "./services.ts";

/** Every minute: heals what messages lost, in each feature. One that fails does not keep the others from theirs. */
export async function sweep(services: Services): Promise<void> {
  const parts = await Promise.allSettled([
    sweepCorrections(services),
    resumeRuns(services),
    resumeExports(services),
    resumeErasures(services),
    resumeFineTunes(services),
    forgetDeliveries(services),
    resumeComparisons(services),
    deleteOldExports(services),
    resumeControls(services),
    sweepRouter(services),
    sweepLessons(services),
    resumeMoves(services),
  ]);
  for (const part of parts) {
    if (part.status === "rejected") log.error("sweep_fault", {}, part.reason);
  }
}
