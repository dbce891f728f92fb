import type { JobKind } from "../db/schema/jobs.ts";
import type { Services } from "../services.ts";
import { askFor } from "./ask-for.ts";
import { wakeJobs } from "./wake-jobs.ts";

/**
 * Asks for jobs that have nothing else to be committed with, and wakes them.
 * @param at when they are due, in milliseconds; now where it is left out
 */
export async function requestJobs(
  services: Pick<Services, "db" | "clock" | "jobs">,
  kind: JobKind,
  subjects: string[],
  at = services.clock(),
): Promise<void> {
  const [first, ...others] = subjects.map((subject) => askFor(services.db, kind, subject, at));
  if (first === undefined) return;
  await services.db.batch([first, ...others]);
  const wanted = subjects.map((subject) => ({ kind, subject }));
  await wakeJobs(services, wanted, at);
}
