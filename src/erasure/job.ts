import { DONE, type Job } from "../jobs/job.ts";
import { eraseOldFailures } from "./erase-old-failures.ts";
import { finishErasure } from "./finish-erasure.ts";

/** An erasure that was cut off. It is never given up: what was erased must be gone. */
export const erasureJob: Job = {
  async run(services, { subject }) {
    await finishErasure(services, subject);
    return DONE;
  },
  mostTries: Number.POSITIVE_INFINITY,
  sweep: eraseOldFailures,
};
