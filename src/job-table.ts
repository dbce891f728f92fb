import { distillJob } from "./clusters/lessons/distill-lessons.ts";
import { moveClusterJob } from "./clusters/move-failures.ts";
import { fanOutJob } from "./corrections/job.ts";
import { erasureJob } from "./erasure/job.ts";
import { exportJob } from "./exports/job.ts";
import { comparisonJob } from "./fine-tunes/comparison/run-comparison.ts";
import { providerFilesJob } from "./fine-tunes/provider-files.ts";
import { fineTuneJob } from "./fine-tunes/run-fine-tune.ts";
import type { JobTable } from "./jobs/job.ts";
import { controlsJob } from "./judge/controls.ts";
import { trainRouterJob } from "./router/train-if-due.ts";
import { withdrawalJob } from "./withdrawals/run-withdrawal.ts";

/** Every kind of long work, in the order of the flow. */
export const JOBS: JobTable = {
  fan_out: fanOutJob,
  controls: controlsJob,
  export: exportJob,
  fine_tune: fineTuneJob,
  provider_files: providerFilesJob,
  comparison: comparisonJob,
  distill: distillJob,
  move_cluster: moveClusterJob,
  train_router: trainRouterJob,
  erasure: erasureJob,
  withdrawal: withdrawalJob,
};
