import type { Job } from "../jobs/job.ts";
import { fanOut } from "./fan-out.ts";
import { sweepCorrections } from "./sweep.ts";

/** A run that is fanned out over its failures. What it asks for outlives it: a fan-out is never given up. */
export const fanOutJob: Job = {
  run: (services, { subject }) => fanOut(services, subject),
  mostTries: Number.POSITIVE_INFINITY,
  sweep: sweepCorrections,
};
