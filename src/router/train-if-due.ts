import { eq, max, sql } from "drizzle-orm";
import { failedReplies } from "../db/schema/failures.ts";
import { routerTraining } from "../db/schema/router.ts";
import { isHeld } from "../jobs/hold.ts";
import { DONE, type Held, type Job, type JobEnd } from "../jobs/job.ts";
import { requestMissingJobs } from "../jobs/wake-jobs.ts";
import type { Services } from "../services.ts";
import { readExamples } from "./read-examples.ts";
import { LOOK_AGAIN_MS } from "./request-training.ts";
import { dropRouterCopy } from "./router-copy.ts";
import { encodeRouter, VERSION_SUFFIX } from "./router-file.ts";
import { dropOlderRouters, dropRouter, routerKey, writePointer } from "./router-store.ts";
import { trainRouterGently } from "./train-router.ts";
import { FORGET_WITHIN_MS, isDue, NEVER, ROUTER, readTraining } from "./training-state.ts";

type Training = Pick<Services, "db" | "bucket" | "clock" | "newId">;

export const trainRouterJob: Job = {
  run: trainIfDue,
  // Without a router every prompt is plain: it is tried for as long as it is due.
  mostTries: Number.POSITIVE_INFINITY,
  async sweep(services) {
    if ((await isDue(services, services.clock())) === "train")
      await requestMissingJobs(services, "train_router", [ROUTER]);
  },
};

/** Trains the router where enough has changed. What a training makes depends on the failures alone. */
export async function trainIfDue(services: Training, held: Held): Promise<JobEnd> {
  const { clock } = services;
  if ((await isDue(services, clock())) === "train") await train(services, held);
  // What came in while it trained may be enough for the next.
  return (await isDue(services, clock())) === "enough" ? DONE : { end: "again", at: clock() + LOOK_AGAIN_MS };
}

async function train({ db, bucket, clock, newId }: Training, held: Held): Promise<void> {
  const { requestedAt } = await readTraining(db);
  const trainedAt = clock();
  const [newest] = await db.select({ id: max(failedReplies.id).as("newest") }).from(failedReplies);
  const { examples, clustersOf } = await readExamples(db);
  const model = await trainRouterGently(examples, () => scheduler.wait(0));
  const version = model === null ? null : `${newId()}${VERSION_SUFFIX}`;
  let bytes = 0;
  if (model !== null && version !== null) {
    const file = encodeRouter(model);
    bytes = file.byteLength;
    await bucket.put(routerKey(version), file, { httpMetadata: { contentType: "application/octet-stream" } });
  }
  // Only now, and only where the job is still held, does the new version serve.
  const learned = {
    version,
    bytes,
    topics: model?.topics.length ?? 0,
    examples: model?.examples ?? 0,
    trainingMs: clock() - trainedAt,
    boundary: newest?.id ?? "",
    trainedAt,
    // A request that came while it trained stays, and what was erased meanwhile has to be forgotten in turn.
    requestedAt: sql`nullif(${routerTraining.requestedAt}, ${requestedAt})`,
    forgetBy: sql`case when ${routerTraining.erasedAt} >= ${trainedAt}
      then ${routerTraining.erasedAt} + ${FORGET_WITHIN_MS} end`,
  };
  const [, [mine]] = await db.batch([
    db.insert(routerTraining).values(NEVER).onConflictDoNothing(),
    db
      .update(routerTraining)
      .set(learned)
      .where(sql`${eq(routerTraining.id, ROUTER)} and ${isHeld(db, held)}`)
      .returning({ id: routerTraining.id }),
  ]);
  if (mine === undefined) {
    if (version !== null) await bucket.delete(routerKey(version));
    return;
  }
  if (version === null) await dropRouter(bucket, newId());
  else {
    await writePointer(bucket, { version, clusters: clustersOf });
    await dropOlderRouters(bucket, version);
  }
  dropRouterCopy({ db });
}
