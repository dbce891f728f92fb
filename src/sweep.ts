import { resumeMoves } from "./clusters/change-clusters.ts";
import { sweepLessons } from "./clusters/distill-lessons.ts";
import { sweepRouter } from "./clusters/router-training.ts";
import { resumeRuns } from "./corrections/fan-out.ts";
import { resumeControls } from "./corrections/judge/controls.ts";
import { sweepCorrections } from "./corrections/sweep.ts";
import { deleteOldExports } from "./exports/change-export.ts";
import { resumeErasures } from "./exports/erase-failure.ts";
import { resumeComparisons } from "./exports/fine-tunes/comparison/run-comparison.ts";
import { forgetDeliveries } from "./exports/fine-tunes/receive-webhook.ts";
import { resumeFineTunes } from "./exports/fine-tunes/run-fine-tune.ts";
import { resumeExports } from "./exports/write-export.ts";
import { describeError } from "./lib/errors.ts";
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
    if (part.status === "rejected")
      console.error(JSON.stringify({ event: "sweep_fault", error: describeError(part.reason) }));
  }
}
