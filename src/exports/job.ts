import type { Job } from "../jobs/job.ts";
import { deleteOldExports } from "./change-export.ts";
import { dropStrayCheckpoints } from "./checkpoint.ts";
import { giveUpExport, writeExport } from "./write-export.ts";

/** An export that is written, in as many messages as it needs. */
export const exportJob: Job = {
  run: writeExport,
  mostTries: 5,
  giveUp: giveUpExport,
  async sweep(services) {
    await deleteOldExports(services);
    await dropStrayCheckpoints(services);
  },
};
